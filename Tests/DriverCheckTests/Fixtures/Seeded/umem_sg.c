// SPDX-License-Identifier: GPL-2.0-only
/* RDMA memory: entries of a scatterlist linked one behind the other, state passed to helpers */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

struct um_mem {
	struct sg_table sgt;
	struct dma_iova_state state;
	size_t linked;
	unsigned int writable : 1;
};

static inline enum dma_data_direction um_dir(const struct um_mem *m)
{
	return m->writable ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE;
}

static int um_link_table(struct device *dev, struct dma_iova_state *state, struct sg_table *sgt, size_t *linked, enum dma_data_direction dir)
{
	struct scatterlist *sg = sgt->sgl;
	size_t pos = 0;
	int left = sgt->orig_nents, err = 0;

	while (left-- > 0) {
		err = dma_iova_link(dev, state, sg_phys(sg), pos, sg->length, dir, 0); /*@skip*/ /*@over*/
		if (err)
			break;
		pos += sg->length; //~over:iova-link-overlap ;
		sg = sg_next(sg);
	}
	if (!err)
		err = dma_iova_sync(dev, state, 0, pos); //~skip:iova-missing-sync err = 0;
	*linked = pos;
	return err;
}

int um_map(struct device *dev, struct um_mem *m);
int um_map(struct device *dev, struct um_mem *m)
{
	struct scatterlist *sg;
	size_t total = 0;
	int i, err;

	for_each_sg(m->sgt.sgl, sg, m->sgt.orig_nents, i) {
		if ((sg->offset | sg->length) & (PAGE_SIZE - 1))
			goto regular;
		total += sg->length;
	}
	if (!dma_iova_try_alloc(dev, &m->state, sg_phys(m->sgt.sgl), total)) /*@lost*/
		goto regular;
	err = um_link_table(dev, &m->state, &m->sgt, &m->linked, um_dir(m));
	if (err)
		dma_iova_destroy(dev, &m->state, m->linked, um_dir(m), 0); //~lost:iova-leak ;
	return err;
regular:
	return dma_map_sgtable(dev, &m->sgt, um_dir(m), 0); /*@fallback*/
}

void um_unmap(struct device *dev, struct um_mem *m);
void um_unmap(struct device *dev, struct um_mem *m)
{
	if (dma_use_iova(&m->state)) {
		dma_iova_destroy(dev, &m->state, m->linked, um_dir(m), 0); //~dir:iova-unlink-mismatch dma_iova_destroy(dev, &m->state, m->linked, DMA_FROM_DEVICE, 0); //~len:iova-destroy-length dma_iova_destroy(dev, &m->state, m->linked + 4096, um_dir(m), 0);
		return;
	}
	dma_unmap_sgtable(dev, &m->sgt, um_dir(m), 0); //~sgdir:dma-unmap-direction dma_unmap_sgtable(dev, &m->sgt, DMA_FROM_DEVICE, 0);
}
