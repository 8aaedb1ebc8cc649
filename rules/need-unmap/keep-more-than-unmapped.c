// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* The loop gives the pages back as well, so that it has to run. */
void surfbird_free(struct device *dev, dma_addr_t *addrs, struct page **pages, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(pages[i]);
	}
}
