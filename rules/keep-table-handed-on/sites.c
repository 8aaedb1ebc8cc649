// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct ib_mr;
int ib_map_mr_sg(struct ib_mr *mr, struct scatterlist *sg, int nents, unsigned int *offset,
		 unsigned int page_size);

int smew_register(struct device *dev, struct ib_mr *mr, struct sg_table *table,
		  struct page **pages, int count)
{
	int error = sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE,
					      GFP_KERNEL);

	if (error)
		return error;
	error = dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want keep-table-handed-on
	if (error)
		return error;
	return ib_map_mr_sg(mr, table->sgl, count, NULL, PAGE_SIZE);
}

int smew_register_another(struct device *dev, struct ib_mr *mr, struct sg_table *other,
			  struct sg_table *table, struct page **pages, int count)
{
	int error = sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE,
					      GFP_KERNEL);

	if (error)
		return error;
	error = dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want manual-table-read-elsewhere
	if (error)
		return error;
	return ib_map_mr_sg(mr, other->sgl, count, NULL, PAGE_SIZE);
}
