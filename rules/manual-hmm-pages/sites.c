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

/* One page, which the callers find. */
static int ruddy_map_page(struct device *dev, struct page *page, dma_addr_t *addr)
{
	*addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL); // want manual-hmm-pages
	return dma_mapping_error(dev, *addr);
}

static int ruddy_map_other_page(struct device *dev, struct page *page, dma_addr_t *addr)
{
	*addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL); // want keep-single-buffer
	return dma_mapping_error(dev, *addr);
}

int ruddy_fault(struct device *dev, unsigned long *pfns, dma_addr_t *addrs, int count,
		struct page *other)
{
	int i;

	for (i = 0; i < count; i++)
		if (ruddy_map_page(dev, hmm_pfn_to_page(pfns[i]), &addrs[i]))
			return -EIO;
	return ruddy_map_other_page(dev, other, &addrs[count]);
}
