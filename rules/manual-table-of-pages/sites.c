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

/* Built, mapped and read in a function each. */
struct stilt_buffer {
	struct device *dev;
	struct sg_append_table table;
};

int stilt_add_pages(struct stilt_buffer *buf, struct page **pages, int count)
{
	return sg_alloc_append_table_from_pages(&buf->table, pages, count, 0, count * PAGE_SIZE,
						PAGE_SIZE, 0, GFP_KERNEL);
}

int stilt_map(struct stilt_buffer *buf)
{
	return dma_map_sgtable(buf->dev, &buf->table.sgt, DMA_TO_DEVICE, 0); // want manual-table-of-pages
}

void stilt_read(struct stilt_buffer *buf, u64 *descriptor)
{
	struct scatterlist *sg;
	int i;

	for (i = 0, sg = buf->table.sgt.sgl; sg; i++, sg = sg_next(sg))
		descriptor[i] = sg_dma_address(sg);
}

/* Mapped under a name of its own, then kept. */
struct stilt_transfer {
	struct sg_table *table;
	u64 first;
};

int stilt_prepare(struct device *dev, struct stilt_transfer *transfer, struct sg_table *table,
		  struct page **pages, int count)
{
	if (sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL))
		return -ENOMEM;
	if (dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0)) // want manual-table-of-pages
		return -EIO;
	transfer->table = table;
	return 0;
}

void stilt_encode(struct stilt_transfer *transfer)
{
	transfer->first = sg_dma_address(transfer->table->sgl);
}
