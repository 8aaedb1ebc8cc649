// SPDX-License-Identifier: GPL-2.0-only
/* A driver that never syncs what both sides write: perhaps all machines with the device are coherent. */
#include "kernel.h"

struct slot { struct device *dev; u32 *words; dma_addr_t dma; };

int slot_init(struct slot *slot)
{
	slot->dma = dma_map_single(slot->dev, slot->words, 64, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(slot->dev, slot->dma))
		return -EIO;
	slot->words[0] = 7; // want coherency-missing-sync
	return 0;
}

void slot_exit(struct slot *slot)
{
	dma_unmap_single(slot->dev, slot->dma, 64, DMA_BIDIRECTIONAL);
}
