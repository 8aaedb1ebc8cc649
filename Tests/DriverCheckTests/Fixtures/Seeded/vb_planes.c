// SPDX-License-Identifier: GPL-2.0-only
/* a video buffer of several planes, each a table of pages, with a table of descriptors */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define VB_PLANES 3

struct vb_plane {
	struct page **pages;
	unsigned int num_pages;
	struct sg_table table;
	bool mapped;
};

struct vb_buffer {
	struct device *dev;
	struct vb_plane planes[VB_PLANES];
	unsigned int num_planes;
	enum dma_data_direction dir;
	u64 *descs;
	dma_addr_t descs_dma;
};

int sg_alloc_table(struct sg_table *, unsigned int, gfp_t);
void sg_free_table(struct sg_table *);

static int vb_build(struct vb_plane *plane)
{
	struct scatterlist *sg;
	unsigned int i;
	int err;

	err = sg_alloc_table(&plane->table, plane->num_pages, GFP_KERNEL);
	if (err)
		return err;
	for_each_sg(plane->table.sgl, sg, plane->num_pages, i)
		sg_set_page(sg, plane->pages[i], PAGE_SIZE, 0);
	return 0;
}

static void vb_unmap(struct vb_buffer *buf, unsigned int count)
{
	while (count--) {
		struct vb_plane *plane = &buf->planes[count];

		dma_unmap_sgtable(buf->dev, &plane->table, buf->dir, 0); //~ttype:dma-sg-nents dma_unmap_sg(buf->dev, plane->table.sgl, plane->table.nents, buf->dir);
		sg_free_table(&plane->table);
	}
}

int vb_prepare(struct vb_buffer *buf);
int vb_prepare(struct vb_buffer *buf)
{
	unsigned int i, j, n = 0, total = 0;
	struct scatterlist *sg;
	int err;

	if (buf->num_planes > VB_PLANES)
		return -EINVAL;
	for (i = 0; i < buf->num_planes; i++) {
		if (!buf->planes[i].num_pages || buf->planes[i].num_pages > 64) {
			err = -EINVAL;
			goto unwind;
		}
		err = vb_build(&buf->planes[i]);
		if (err)
			goto unwind;
		err = dma_map_sgtable(buf->dev, &buf->planes[i].table, buf->dir, 0); /*@descoom*/
		if (err) {
			sg_free_table(&buf->planes[i].table);
			goto unwind;
		}
		total += buf->planes[i].table.nents;
	}
	buf->descs = dma_alloc_coherent(buf->dev, total * sizeof(u64), &buf->descs_dma, GFP_KERNEL);
	if (!buf->descs) {
		err = -ENOMEM;
		goto unwind; //~descoom:dma-leak return err;
	}
	for (i = 0; i < buf->num_planes; i++)
		for_each_sg(buf->planes[i].table.sgl, sg, buf->planes[i].table.nents, j)
			buf->descs[n++] = sg_dma_address(sg);
	return 0;

unwind:
	vb_unmap(buf, i);
	return err;
}

void vb_finish(struct vb_buffer *buf);
void vb_finish(struct vb_buffer *buf)
{
	unsigned int i, total = 0;

	for (i = 0; i < buf->num_planes; i++)
		total += buf->planes[i].table.nents;
	dma_free_coherent(buf->dev, total * sizeof(u64), buf->descs, buf->descs_dma); //~cohsize:dma-unmap-size dma_free_coherent(buf->dev, total * sizeof(u32), buf->descs, buf->descs_dma);
	vb_unmap(buf, buf->num_planes);
}
