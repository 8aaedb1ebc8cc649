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

/* Counting the entries reads no address. */
int stilt_count(struct device *dev, struct sg_table *table, struct page **pages, int count)
{
	if (sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL))
		return -ENOMEM;
	if (dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0)) // want manual-table-read-elsewhere
		return -EIO;
	return sg_next(table->sgl) ? 2 : 1;
}

int drm_prime_sg_to_dma_addr_array(struct sg_table *table, dma_addr_t *addrs, int count);

int stilt_copy(struct device *dev, struct sg_table *table, struct page **pages, int count,
	       dma_addr_t *addrs)
{
	if (sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL))
		return -ENOMEM;
	if (dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0)) // want manual-table-of-pages
		return -EIO;
	return drm_prime_sg_to_dma_addr_array(table, addrs, count);
}
