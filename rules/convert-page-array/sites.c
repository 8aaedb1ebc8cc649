// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct goldeneye_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int goldeneye_map(struct goldeneye_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want convert-page-array
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void goldeneye_unmap(struct goldeneye_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}
