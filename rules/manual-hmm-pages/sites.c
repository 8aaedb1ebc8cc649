// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int ruddy_map(struct device *dev, unsigned long *pfns, dma_addr_t *addrs, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		struct page *page = hmm_pfn_to_page(pfns[i]);

		addrs[i] = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE); // want manual-hmm-pages
		if (dma_mapping_error(dev, addrs[i]))
			return -EIO;
	}
	return 0;
}
