// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int scoter_send(struct device *dev, struct sk_buff *skb, dma_addr_t *slot)
{
	*slot = dma_map_single(dev, skb->data, skb->len, DMA_TO_DEVICE); // want keep-single-packet
	return dma_mapping_error(dev, *slot);
}
