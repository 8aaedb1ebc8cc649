// SPDX-License-Identifier: GPL-2.0-only
/* Calls that the two-step API has nothing to offer to. */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/skbuff.h>

struct dusk_slot {
	struct page *page;
	dma_addr_t dma;
};

struct dusk_ring {
	struct device *dev;
	struct dusk_slot slots[64];
	unsigned int next;
};

void dusk_refill(struct dusk_ring *ring, int budget)
{
	unsigned int i = ring->next;

	while (budget--) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			break;
		ring->slots[i].page = page;
		ring->slots[i].dma = dma_map_page(ring->dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE); // want keep-ring-refill absent
		if (++i == 64)
			i = 0;
	}
	ring->next = i;
}

void dusk_receive(struct dusk_ring *ring, unsigned int i)
{
	dma_unmap_page(ring->dev, ring->slots[i].dma, PAGE_SIZE, DMA_FROM_DEVICE);
}

dma_addr_t dusk_one(struct device *dev, void *data, size_t bytes)
{
	return dma_map_single(dev, data, bytes, DMA_TO_DEVICE); // want keep-single-buffer left-to-caller
}

int dusk_send(struct device *dev, struct sk_buff *skb, dma_addr_t *where)
{
	dma_addr_t addr = dma_map_single(dev, skb->data, 64, DMA_TO_DEVICE); // want keep-single-packet checked

	if (addr == DMA_MAPPING_ERROR)
		return -EIO;
	*where = addr;
	return 0;
}

int dusk_list(struct device *dev, struct scatterlist *sgl, int n)
{
	int mapped = dma_map_sg(dev, sgl, n, DMA_TO_DEVICE); // want keep-scatterlist-passed-in checked

	return mapped ? 0 : -EIO;
}

int dusk_table(struct device *dev, struct sg_table *table)
{
	return dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want keep-scatterlist-passed-in left-to-caller
}

int dusk_walk(struct device *dev, struct scatterlist *sgl, int n, u64 *descriptor)
{
	struct scatterlist *sg;
	int i;

	n = dma_map_sg(dev, sgl, n, DMA_TO_DEVICE); // want keep-scatterlist-walked checked
	if (!n)
		return -EIO;
	for_each_sg(sgl, sg, n, i)
		descriptor[i] = sg_dma_address(sg);
	return 0;
}
