// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct wigeon_ring {
	struct device *dev;
	struct page *pages[64];
	dma_addr_t slots[64];
	unsigned int next;
};

void wigeon_post(struct wigeon_ring *ring, int budget)
{
	unsigned int i = ring->next;

	while (budget--) {
		ring->slots[i] = dma_map_page(ring->dev, ring->pages[i], 0, PAGE_SIZE, // want keep-ring-round
					      DMA_FROM_DEVICE);
		i = (i + 1) & 63;
	}
	ring->next = i;
}
