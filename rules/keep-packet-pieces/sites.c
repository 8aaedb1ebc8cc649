// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int pochard_send(struct device *dev, struct sk_buff **skbs, dma_addr_t *slots, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		slots[i] = dma_map_single(dev, skbs[i]->data, skbs[i]->len, DMA_TO_DEVICE); // want keep-packet-pieces
		if (dma_mapping_error(dev, slots[i]))
			return -EIO;
	}
	return 0;
}
