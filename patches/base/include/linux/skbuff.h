/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SKBUFF_H
#define _LINUX_SKBUFF_H

#include <linux/dma-mapping.h>

#define MAX_SKB_FRAGS	17

typedef struct skb_frag {
	struct page *netmem;
	unsigned int len;
	unsigned int offset;
} skb_frag_t;

struct skb_shared_info {
	u8 nr_frags;
	skb_frag_t frags[MAX_SKB_FRAGS];
};

struct sk_buff {
	unsigned int len;
	unsigned int data_len;
	unsigned char *data;
	struct skb_shared_info *shared;
};

#define skb_shinfo(skb)	((skb)->shared)

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

static inline unsigned int skb_frag_size(const skb_frag_t *frag)
{
	return frag->len;
}

static inline dma_addr_t skb_frag_dma_map(struct device *dev,
					  const skb_frag_t *frag, size_t offset,
					  size_t size,
					  enum dma_data_direction dir)
{
	return dma_map_page(dev, frag->netmem, frag->offset + offset, size, dir);
}

void dev_kfree_skb_any(struct sk_buff *skb);

#endif /* _LINUX_SKBUFF_H */
