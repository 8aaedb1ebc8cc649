// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct scaup_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int scaup_map(struct scaup_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, group->size, DMA_TO_DEVICE); // want manual-odd-sizes
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void scaup_unmap(struct scaup_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], group->size, DMA_TO_DEVICE);
}
