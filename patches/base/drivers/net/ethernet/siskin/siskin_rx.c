// SPDX-License-Identifier: GPL-2.0-only
/*
 * Siskin Ethernet, receive side: each free slot of the ring gets a page of its
 * own, whenever there is one.
 */
#include <linux/dma-mapping.h>
#include "siskin.h"

static int siskin_rx_fill_slot(struct siskin_rx *rx, struct siskin_rx_slot *slot)
{
	slot->page = alloc_page(GFP_ATOMIC);
	if (!slot->page)
		return -ENOMEM;

	slot->dma = dma_map_page(rx->dev, slot->page, 0, PAGE_SIZE,
				 DMA_FROM_DEVICE);
	if (dma_mapping_error(rx->dev, slot->dma)) {
		__free_page(slot->page);
		slot->page = NULL;
		return -EIO;
	}
	return 0;
}

unsigned int siskin_rx_refill(struct siskin_rx *rx)
{
	unsigned int filled = 0;

	while (rx->head - rx->tail < SISKIN_RING_SIZE) {
		struct siskin_rx_slot *slot;

		slot = &rx->slots[rx->head % SISKIN_RING_SIZE];
		if (siskin_rx_fill_slot(rx, slot))
			break;
		rx->head++;
		filled++;
	}
	return filled;
}

void siskin_rx_drain(struct siskin_rx *rx)
{
	while (rx->tail != rx->head) {
		struct siskin_rx_slot *slot;

		slot = &rx->slots[rx->tail % SISKIN_RING_SIZE];
		dma_unmap_page(rx->dev, slot->dma, PAGE_SIZE, DMA_FROM_DEVICE);
		__free_page(slot->page);
		slot->page = NULL;
		rx->tail++;
	}
}

#ifdef CONFIG_SISKIN_TIMESTAMP
int siskin_stamp_start(struct siskin_rx *rx)
{
	rx->stamp_dma = dma_map_single(rx->dev, rx->stamps, sizeof(*rx->stamps),
				       DMA_FROM_DEVICE);
	return dma_mapping_error(rx->dev, rx->stamp_dma);
}

void siskin_stamp_stop(struct siskin_rx *rx)
{
	dma_unmap_single(rx->dev, rx->stamp_dma, sizeof(*rx->stamps),
			 DMA_FROM_DEVICE);
}
#endif
