// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct goosander_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int goosander_map(struct goosander_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-synced
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void goosander_unmap(struct goosander_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void goosander_look(struct goosander_group *group, int i)
{
	dma_sync_single_for_cpu(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}
