// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int snipe_start(struct device *dev, struct scatterlist *sgl, int nents)
{
	return dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE) ? 0 : -EIO; // want keep-scatterlist-passed-in
}

int snipe_start_pages(struct device *dev, struct sg_table *table, struct page **pages, int n)
{
	int error = sg_alloc_table_from_pages(table, pages, n, 0, n * PAGE_SIZE, GFP_KERNEL);

	return error ? error : dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want manual-table-read-elsewhere
}
