// SPDX-License-Identifier: GPL-2.0-only
/*
 * Siskin Ethernet, transmit side: one packet is its head and its fragments.
 */
#include "siskin.h"

int siskin_tx_map(struct siskin_tx *tx, struct sk_buff *skb)
{
	const skb_frag_t *frag;
	unsigned int i;

	tx->head_dma = dma_map_single(tx->dev, skb->data, skb_headlen(skb),
				      DMA_TO_DEVICE);
	if (dma_mapping_error(tx->dev, tx->head_dma))
		return -ENOMEM;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		frag = &skb_shinfo(skb)->frags[i];
		tx->frag_dma[i] = skb_frag_dma_map(tx->dev, frag, 0,
						   skb_frag_size(frag),
						   DMA_TO_DEVICE);
		if (dma_mapping_error(tx->dev, tx->frag_dma[i]))
			goto err_unmap;
	}
	tx->skb = skb;
	return 0;

err_unmap:
	while (i--) {
		frag = &skb_shinfo(skb)->frags[i];
		dma_unmap_page(tx->dev, tx->frag_dma[i], skb_frag_size(frag),
			       DMA_TO_DEVICE);
	}
	dma_unmap_single(tx->dev, tx->head_dma, skb_headlen(skb), DMA_TO_DEVICE);
	return -ENOMEM;
}

void siskin_tx_unmap(struct siskin_tx *tx)
{
	struct sk_buff *skb = tx->skb;
	unsigned int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		dma_unmap_page(tx->dev, tx->frag_dma[i],
			       skb_frag_size(&skb_shinfo(skb)->frags[i]),
			       DMA_TO_DEVICE);
	dma_unmap_single(tx->dev, tx->head_dma, skb_headlen(skb), DMA_TO_DEVICE);
	tx->skb = NULL;
}
