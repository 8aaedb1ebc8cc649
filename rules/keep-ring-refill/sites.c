// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct eider_ring {
	struct device *dev;
	dma_addr_t slots[64];
	unsigned int next;
};

void eider_refill(struct eider_ring *ring, int budget)
{
	unsigned int i = ring->next;

	while (budget--) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			break;
		ring->slots[i] = dma_map_page(ring->dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE); // want keep-ring-refill
		if (++i == 64)
			i = 0;
	}
	ring->next = i;
}
