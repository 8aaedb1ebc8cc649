// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct merganser_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int merganser_map(struct merganser_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-unmapped-one-by-one
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void merganser_unmap(struct merganser_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void merganser_drop(struct merganser_group *group, int i)
{
	dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}
