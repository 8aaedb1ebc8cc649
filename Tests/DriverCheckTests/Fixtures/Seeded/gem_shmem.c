// SPDX-License-Identifier: GPL-2.0-only
/* graphics: pages of an object, a table of them that is mapped on first use and kept */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct gs_prot { unsigned long bits; };

struct gs_object {
	struct device *dev;
	unsigned int npages;
	struct page **pages;
	struct sg_table *sgt;
	int pin_count;
	struct gs_prot prot;
};

/* Of another file: what it returns is no number. */
struct gs_prot gs_uncached(struct gs_prot prot);

int sg_alloc_table(struct sg_table *, unsigned int, gfp_t);
void sg_free_table(struct sg_table *);

static int gs_get_pages(struct gs_object *obj)
{
	unsigned int i;

	obj->pages = kcalloc(obj->npages, sizeof(*obj->pages), GFP_KERNEL); /*@arrlost*/
	if (!obj->pages)
		return -ENOMEM;
	for (i = 0; i < obj->npages; i++) {
		obj->pages[i] = alloc_page(GFP_KERNEL); /*@pglost*/
		if (!obj->pages[i])
			goto undo;
	}
	return 0;
undo:
	while (i--) //~pglost:c-memory-leak while (i-- > 1)
		__free_page(obj->pages[i]);
	kfree(obj->pages); //~arrlost:c-memory-leak ;
	obj->pages = NULL;
	return -ENOMEM;
}

static void gs_put_pages(struct gs_object *obj)
{
	unsigned int i;

	for (i = 0; i < obj->npages; i++)
		__free_page(obj->pages[i]);
	kfree(obj->pages);
	obj->pages = NULL;
}

int gs_pin(struct gs_object *obj);
int gs_pin(struct gs_object *obj)
{
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;
	int err;

	if (!obj->npages || obj->npages > 16)
		return -EINVAL;
	err = gs_get_pages(obj);
	if (err)
		return err;
	obj->prot = gs_uncached(obj->prot);
	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt) {
		err = -ENOMEM;
		goto put;
	}
	err = sg_alloc_table(sgt, obj->npages, GFP_KERNEL);
	if (err)
		goto free;
	for_each_sg(sgt->sgl, sg, obj->npages, i)
		sg_set_page(sg, obj->pages[i], PAGE_SIZE, 0);
	err = dma_map_sgtable(obj->dev, sgt, DMA_BIDIRECTIONAL, 0);
	if (err)
		goto free_table;
	obj->sgt = sgt;
	return 0;

free_table:
	sg_free_table(sgt);
free:
	kfree(sgt); //~twice:c-double-free kfree(sgt); kfree(sgt);
put:
	gs_put_pages(obj);
	return err;
}

void gs_unpin(struct gs_object *obj);
void gs_unpin(struct gs_object *obj)
{
	dma_unmap_sgtable(obj->dev, obj->sgt, DMA_BIDIRECTIONAL, 0); //~dir:dma-unmap-direction dma_unmap_sgtable(obj->dev, obj->sgt, DMA_TO_DEVICE, 0); //~after:c-use-after-free sg_free_table(obj->sgt); kfree(obj->sgt); dma_unmap_sgtable(obj->dev, obj->sgt, DMA_BIDIRECTIONAL, 0); obj->sgt = NULL; gs_put_pages(obj); return;
	sg_free_table(obj->sgt);
	kfree(obj->sgt);
	obj->sgt = NULL;
	gs_put_pages(obj);
}
