// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int stilt_start(struct device *dev, struct sg_table *table, struct page **pages, int count,
		u64 *descriptor)
{
	struct scatterlist *sg;
	int i, error;

	error = sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL);
	if (error)
		return error;
	error = dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want manual-table-of-pages
	if (error)
		return error;
	for (i = 0, sg = table->sgl; sg; i++, sg = sg_next(sg))
		descriptor[i] = sg_dma_address(sg);
	return 0;
}
