// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct teal_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int teal_map(struct teal_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want manual-no-unmap-loop
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}
