// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct smew_group {
	struct device *dev;
	void *buffers[16];
	dma_addr_t addrs[16];
	size_t size;
};

int smew_map(struct smew_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_single(group->dev, group->buffers[i], 512, DMA_TO_DEVICE); // want manual-kernel-buffers
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void smew_unmap(struct smew_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], 512, DMA_TO_DEVICE);
}
