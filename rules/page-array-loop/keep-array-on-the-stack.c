// SPDX-License-Identifier: GPL-2.0-only
// refused: addrs is kept in no field
#include "../kernel.h"

/* A test that maps, runs and unmaps: nothing outlives the function. */
int dotterel_test(struct device *dev, struct page **pages)
{
	dma_addr_t addrs[4];
	int i, error = 0;

	for (i = 0; i < 4; i++) {
		addrs[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, addrs[i])) {
			error = -EIO;
			goto unmap;
		}
	}

unmap:
	while (--i >= 0)
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return error;
}
