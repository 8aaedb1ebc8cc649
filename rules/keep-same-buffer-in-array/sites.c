// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int pintail_fill(struct device *dev, struct page *zeroes, dma_addr_t *slots, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		slots[i] = dma_map_page(dev, zeroes, 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-same-buffer-in-array
		if (dma_mapping_error(dev, slots[i]))
			return -EIO;
	}
	return 0;
}
