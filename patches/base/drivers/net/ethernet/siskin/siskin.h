/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SISKIN_H
#define SISKIN_H

#include <linux/skbuff.h>

#define SISKIN_RING_SIZE	8

struct siskin_rx_slot {
	struct page *page;
	dma_addr_t dma;
};

struct siskin_rx {
	struct device *dev;
	unsigned int head;
	unsigned int tail;
	struct siskin_rx_slot slots[SISKIN_RING_SIZE];
#ifdef CONFIG_SISKIN_TIMESTAMP
	u64 *stamps;
	dma_addr_t stamp_dma;
#endif
};

struct siskin_tx {
	struct device *dev;
	struct sk_buff *skb;
	dma_addr_t head_dma;
	dma_addr_t frag_dma[MAX_SKB_FRAGS];
};

#endif /* SISKIN_H */
