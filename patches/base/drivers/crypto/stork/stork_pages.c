// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stork crypto engine: maps pages into an address array of the caller's.
 */
#include <linux/dma-mapping.h>

void stork_unmap_pages(struct device *dev, dma_addr_t *addrs, int count,
		       enum dma_data_direction dir)
{
	int i;

	for (i = count - 1; i >= 0; i--)
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, dir);
}

int stork_map_pages(struct device *dev, struct page **pages, dma_addr_t *addrs,
		    int count, enum dma_data_direction dir)
{
	int i;

	for (i = 0; i < count; i++) {
		addrs[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, dir);
		if (dma_mapping_error(dev, addrs[i])) {
			stork_unmap_pages(dev, addrs, i, dir);
			return -ENOMEM;
		}
	}
	return 0;
}
