// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int avocet_map(struct device *dev, struct sg_table *table, struct page **pages, int count)
{
	int error = sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE,
					      GFP_KERNEL);

	if (error)
		return error;
	return dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want manual-table-read-elsewhere
}

int avocet_map_given(struct device *dev, struct sg_table *given)
{
	return dma_map_sgtable(dev, given, DMA_TO_DEVICE, 0); // want keep-scatterlist-passed-in
}
