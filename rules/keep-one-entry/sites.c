// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

void sg_set_page(struct scatterlist *sg, struct page *page, unsigned int length,
		 unsigned int offset);

int knot_map(struct device *dev, struct scatterlist *entry, struct page *page)
{
	sg_set_page(entry, page, PAGE_SIZE, 0);
	return dma_map_sg(dev, entry, 1, DMA_TO_DEVICE); // want keep-one-entry
}

int knot_map_all(struct device *dev, struct scatterlist *entry, struct page *page, int count)
{
	sg_set_page(entry, page, PAGE_SIZE, 0);
	return dma_map_sg(dev, entry, count, DMA_TO_DEVICE); // want manual-table-read-elsewhere
}
