// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct sg_table *dovekie_map(struct device *dev, struct sg_table *table, struct page **pages,
			     int count)
{
	if (sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL))
		return NULL;
	if (dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0)) // want keep-table-returned
		return NULL;
	return table;
}

struct sg_table *dovekie_map_another(struct device *dev, struct sg_table *other,
				     struct sg_table *table, struct page **pages, int count)
{
	if (sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL))
		return NULL;
	if (dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0)) // want manual-table-read-elsewhere
		return NULL;
	return other;
}
