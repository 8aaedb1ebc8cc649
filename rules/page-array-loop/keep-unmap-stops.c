// SPDX-License-Identifier: GPL-2.0-only
// refused: stops before all are unmapped
#include "../kernel.h"

struct stint_pool {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_make(struct stint_pool *pool)
{
	int n = 0;

	while (n < pool->npages) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		pool->addrs[n] = dma_map_page(pool->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(pool->dev, pool->addrs[n]))
			return -EIO;
		pool->pages[n] = page;
		n++;
	}
	return 0;
}

/* The pages behind the first hole are somebody else's. */
void stint_unmake(struct stint_pool *pool)
{
	int n;

	for (n = 0; n < pool->npages; n++) {
		if (!pool->pages[n])
			break;
		dma_unmap_page(pool->dev, pool->addrs[n], PAGE_SIZE, DMA_TO_DEVICE);
	}
}
