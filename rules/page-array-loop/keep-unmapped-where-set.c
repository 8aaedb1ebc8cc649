// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_unmap_page_attrs() on one of addrs
#include "../kernel.h"

struct stint_ring {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_fill(struct stint_ring *ring)
{
	int n;

	for (n = 0; n < ring->npages; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		ring->pages[n] = page;
		ring->addrs[n] = dma_map_page(ring->dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(ring->dev, ring->addrs[n]))
			return -EIO;
	}
	return 0;
}

/* What has been received is gone from the ring. */
void stint_free(struct stint_ring *ring)
{
	int i;

	for (i = 0; i < ring->npages; i++) {
		if (ring->pages[i]) {
			dma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
			__free_page(ring->pages[i]);
		}
	}
}
