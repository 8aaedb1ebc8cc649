// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int bufflehead_test(struct device *dev, struct page **pages)
{
	dma_addr_t addrs[4];
	int i;

	for (i = 0; i < 4; i++) {
		addrs[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-on-the-stack
		if (dma_mapping_error(dev, addrs[i]))
			goto unmap;
	}
unmap:
	while (i--)
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return 0;
}
