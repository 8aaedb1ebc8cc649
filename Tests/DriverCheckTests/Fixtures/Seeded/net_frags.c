// SPDX-License-Identifier: GPL-2.0-only
/* a transmit path with fragments: head mapped as single, fragments as pages, undone on failure */
#include <linux/dma-mapping.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#define NF_RING 64

struct nf_buf {
	dma_addr_t dma;
	u32 len;
	bool is_page;
	struct sk_buff *skb;
};

struct nf_ring {
	struct device *dev;
	u32 next_to_use;
	u32 next_to_clean;
	struct nf_buf buf[NF_RING];
	__le64 desc[NF_RING];
};

static void nf_unmap_buf(struct nf_ring *ring, struct nf_buf *b)
{
	if (!b->len)
		return;
	if (b->is_page)
		dma_unmap_page(ring->dev, b->dma, b->len, DMA_TO_DEVICE); //~dir:dma-unmap-direction dma_unmap_page(ring->dev, b->dma, b->len, DMA_FROM_DEVICE);
	else
		dma_unmap_single(ring->dev, b->dma, b->len, DMA_TO_DEVICE);
	b->len = 0;
}

static int nf_map_skb(struct nf_ring *ring, struct sk_buff *skb)
{
	u32 first = ring->next_to_use, i = first;
	struct nf_buf *b = &ring->buf[i % NF_RING];
	unsigned int f;

	b->dma = dma_map_single(ring->dev, skb->data, skb_headlen(skb), DMA_TO_DEVICE); /*@headleft*/
	if (dma_mapping_error(ring->dev, b->dma))
		return -ENOMEM;
	b->len = skb_headlen(skb);
	b->is_page = false;
	ring->desc[i++ % NF_RING] = cpu_to_le64(b->dma);
	for (f = 0; f < skb_shinfo(skb)->nr_frags; f++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[f];

		b = &ring->buf[i % NF_RING];
		b->dma = skb_frag_dma_map(ring->dev, frag, 0, skb_frag_size(frag), DMA_TO_DEVICE); /*@fragunchk*/
		if (dma_mapping_error(ring->dev, b->dma)) //~fragunchk:dma-mapping-error-unchecked if (0)
			goto unwind;
		b->len = skb_frag_size(frag);
		b->is_page = true;
		ring->desc[i++ % NF_RING] = cpu_to_le64(b->dma);
	}
	b->skb = skb;
	ring->next_to_use = i;
	return 0;
unwind:
	while (i != first) //~headleft:dma-leak while (i != first + 1)
		nf_unmap_buf(ring, &ring->buf[--i % NF_RING]);
	return -ENOMEM;
}

netdev_tx_t nf_start_xmit(struct sk_buff *skb, struct nf_ring *ring);
netdev_tx_t nf_start_xmit(struct sk_buff *skb, struct nf_ring *ring)
{
	if (nf_map_skb(ring, skb)) {
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	return NETDEV_TX_OK;
}

void nf_tx_clean(struct nf_ring *ring);
void nf_tx_clean(struct nf_ring *ring)
{
	while (ring->next_to_clean != ring->next_to_use) {
		struct nf_buf *b = &ring->buf[ring->next_to_clean % NF_RING];

		nf_unmap_buf(ring, b); 
		if (b->skb) {
			dev_kfree_skb_any(b->skb);
			b->skb = NULL;
		}
		ring->next_to_clean++;
	}
}
