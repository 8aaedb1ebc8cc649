// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor ring: goto ladder, reverse unwinding, hardware descriptors. */
#include "kernel.h"

struct slot { struct page *page; dma_addr_t dma; };
struct desc { u64 addr; u32 len; };
struct ring {
	struct device *dev;
	u32 count;
	struct slot *slots;
	struct desc *descs;
	dma_addr_t descs_dma;
};

int ring_arm(struct ring *ring);

int ring_setup(struct ring *ring)
{
	int i, err = -ENOMEM;

	ring->slots = kcalloc(ring->count, sizeof(*ring->slots), GFP_KERNEL);
	if (!ring->slots)
		return -ENOMEM;
	ring->descs = dma_alloc_coherent(ring->dev, (ring->count + 1) * sizeof(*ring->descs),
					 &ring->descs_dma, GFP_KERNEL);
	if (!ring->descs)
		goto free_slots;
	for (i = 0; i < ring->count; i++) {
		struct slot *slot = &ring->slots[i];

		slot->page = alloc_page(GFP_KERNEL);
		if (!slot->page)
			goto unwind;
		slot->dma = dma_map_page(ring->dev, slot->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(ring->dev, slot->dma)) {
			__free_page(slot->page);
			goto unwind;
		}
		ring->descs[i].addr = slot->dma;
		ring->descs[i].len = PAGE_SIZE;
	}
	err = ring_arm(ring);
	if (err)
		goto unwind;
	return 0;

unwind:
	while (--i >= 0) {
		dma_unmap_page(ring->dev, ring->slots[i].dma, PAGE_SIZE, DMA_FROM_DEVICE);
		__free_page(ring->slots[i].page);
	}
	dma_free_coherent(ring->dev, (ring->count + 1) * sizeof(*ring->descs), ring->descs,
			  ring->descs_dma);
free_slots:
	kfree(ring->slots);
	return err;
}

void ring_teardown(struct ring *ring)
{
	u32 i;

	for (i = 0; i < ring->count; i++) {
		dma_unmap_page(ring->dev, ring->slots[i].dma, PAGE_SIZE, DMA_FROM_DEVICE);
		__free_page(ring->slots[i].page);
	}
	dma_free_coherent(ring->dev, (ring->count + 1) * sizeof(*ring->descs), ring->descs,
			  ring->descs_dma);
	kfree(ring->slots);
}
