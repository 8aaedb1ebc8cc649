// SPDX-License-Identifier: GPL-2.0-only
/* a DMA engine: chains of hardware descriptors, each mapped, undone in reverse */
#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

struct de_hw {
	__le32 ctrl;
	__le32 len;
	__le64 src;
	__le64 next;
};

struct de_link {
	struct de_hw *hw;
	dma_addr_t phys;
	struct list_head node;
};

struct de_desc {
	struct list_head links;
	size_t total;
};

struct de_chan {
	struct device *dev;
	struct de_desc *active;
};

static void de_free_link(struct de_chan *c, struct de_link *l)
{
	dma_unmap_single(c->dev, l->phys, sizeof(*l->hw), DMA_TO_DEVICE); //~size:dma-unmap-size dma_unmap_single(c->dev, l->phys, sizeof(l->hw), DMA_TO_DEVICE); //~dir:dma-unmap-direction dma_unmap_single(c->dev, l->phys, sizeof(*l->hw), DMA_BIDIRECTIONAL);
	kfree(l->hw);
	kfree(l);
}

static void de_free_desc(struct de_chan *c, struct de_desc *d)
{
	struct de_link *l, *tmp;

	list_for_each_entry_safe_reverse(l, tmp, &d->links, node) { //~after:c-use-after-free list_for_each_entry_reverse(l, &d->links, node) {
		list_del(&l->node);
		de_free_link(c, l);
	}
	kfree(d);
}

static struct de_link *de_new_link(struct de_chan *c)
{
	struct de_link *l = kzalloc(sizeof(*l), GFP_NOWAIT); /*@linkleak*/

	if (!l)
		return NULL;
	l->hw = kzalloc(sizeof(*l->hw), GFP_NOWAIT);
	if (!l->hw) {
		kfree(l); //~linkleak:c-memory-leak ;
		return NULL;
	}
	l->phys = dma_map_single(c->dev, l->hw, sizeof(*l->hw), DMA_TO_DEVICE); /*@nocheck*/ /*@dropped*/
	if (unlikely(dma_mapping_error(c->dev, l->phys))) { //~nocheck:dma-mapping-error-unchecked if (0) {
		kfree(l->hw);
		kfree(l);
		return NULL;
	}
	return l;
}

struct de_desc *de_prep(struct de_chan *c, struct scatterlist *sgl, unsigned int n);
struct de_desc *de_prep(struct de_chan *c, struct scatterlist *sgl, unsigned int n)
{
	struct de_link *prev = NULL, *l;
	struct scatterlist *sg;
	struct de_desc *d;
	unsigned int i;

	d = kzalloc(sizeof(*d), GFP_NOWAIT);
	if (!d)
		return NULL;
	INIT_LIST_HEAD(&d->links);
	for_each_sg(sgl, sg, n, i) {
		l = de_new_link(c);
		if (!l)
			goto fail;
		l->hw->src = cpu_to_le64(sg_dma_address(sg));
		l->hw->len = cpu_to_le32(sg_dma_len(sg)); /*@nosync*/
		if (prev)
			prev->hw->next = cpu_to_le64(l->phys);
		d->total += sg_dma_len(sg);
		list_add_tail(&l->node, &d->links);
		prev = l;
	}
	list_for_each_entry(l, &d->links, node)
		dma_sync_single_for_device(c->dev, l->phys, sizeof(*l->hw), DMA_TO_DEVICE); //~nosync:coherency-missing-sync ; //~syncdir:dma-sync-direction dma_sync_single_for_device(c->dev, l->phys, sizeof(*l->hw), DMA_FROM_DEVICE); //~syncrange:dma-sync-range dma_sync_single_for_device(c->dev, l->phys, sizeof(*l), DMA_TO_DEVICE);
	return d;
fail:
	de_free_desc(c, d); //~dropped:dma-leak kfree(d);
	return NULL;
}

void de_free(struct de_chan *c, struct de_desc *d);
void de_free(struct de_chan *c, struct de_desc *d)
{
	de_free_desc(c, d);
}
