// SPDX-License-Identifier: GPL-2.0-only
// refused: the unmap loop changes its index k
#include "../kernel.h"

/* Two pages a slot, the second of which the device keeps. */
struct stint_slots {
	struct page *pages[8];
	dma_addr_t dma[8];
};

int stint_fill(struct device *dev, struct stint_slots *slots)
{
	u32 k;

	for (k = 0; k < 8; k++) {
		slots->dma[k] = dma_map_page(dev, slots->pages[k], 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(dev, slots->dma[k]))
			return -EIO;
	}
	return 0;
}

void stint_drain(struct device *dev, struct stint_slots *slots)
{
	for (u32 k = 0; k < 8; k++) {
		dma_unmap_page(dev, slots->dma[k], PAGE_SIZE, DMA_FROM_DEVICE);
		k++;
	}
}
