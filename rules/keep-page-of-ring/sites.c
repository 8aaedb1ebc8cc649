// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct page *smew_refill(struct device *dev, dma_addr_t *slot)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return NULL;
	*slot = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE); // want keep-page-of-ring
	return dma_mapping_error(dev, *slot) ? NULL : page;
}
