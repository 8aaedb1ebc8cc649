// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int garganey_test(struct device *dev, void *buffer, size_t size, int rounds)
{
	while (rounds--) {
		dma_addr_t addr = dma_map_single(dev, buffer, size, DMA_TO_DEVICE); // want keep-one-at-a-time

		if (dma_mapping_error(dev, addr))
			return -EIO;
		dma_unmap_single(dev, addr, size, DMA_TO_DEVICE);
	}
	return 0;
}
