// SPDX-License-Identifier: GPL-2.0-only
// refused: dma_need_unmap() is asked already
#include "../kernel.h"

void ruddyduck_free(struct device *dev, dma_addr_t *addrs, int count)
{
	int i;

	if (dma_need_unmap(dev)) {
		for (i = 0; i < count; i++)
			dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	}
}
