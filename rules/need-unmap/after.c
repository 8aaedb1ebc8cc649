// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct tattler_ring {
	struct device *dev;
	dma_addr_t *addrs;
	int count;
	size_t size;
};

void tattler_free(struct tattler_ring *ring)
{
	int i;

	/* the buffers themselves belong to the pool */
	if (dma_need_unmap(ring->dev)) {
		for (i = 0; i < ring->count; i++)
			dma_unmap_single(ring->dev, ring->addrs[i], ring->size,
					 DMA_TO_DEVICE);
	}
	kfree(ring->addrs);
}
