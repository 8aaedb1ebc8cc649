// SPDX-License-Identifier: GPL-2.0-only
/* a wireless device: a frame in several parts of one descriptor, the first bytes copied */
#include "kernel.h"
#include "subsystems.h"

#define WT_PARTS 8
#define WT_HEAD 32

struct wt_part {
	__le64 addr;
	__le32 len;
};

struct wt_meta {
	unsigned int used;
	dma_addr_t dma[WT_PARTS];
	unsigned int len[WT_PARTS];
	struct sk_buff *skb;
};

struct wt_queue {
	struct device *dev;
	struct wt_part (*desc)[WT_PARTS];
	struct wt_meta *meta;
	u32 write, mask;
};

static int wt_add(struct wt_queue *q, struct wt_meta *m, void *data, unsigned int len)
{
	struct wt_part *part = &q->desc[q->write & q->mask][m->used];
	dma_addr_t dma;

	if (m->used >= WT_PARTS)
		return -EINVAL;
	dma = dma_map_single(q->dev, data, len, DMA_TO_DEVICE); /*@nocheck*/ /*@part*/ /*@none*/
	if (dma_mapping_error(q->dev, dma)) //~nocheck:dma-mapping-error-unchecked if (dma == 0)
		return -ENOMEM;
	m->dma[m->used] = dma;
	m->len[m->used] = len; //~keeplen:dma-unmap-size m->len[m->used] = len + WT_HEAD;
	part->addr = cpu_to_le64(dma);
	part->len = cpu_to_le32(len);
	m->used++;
	return 0;
}

static void wt_unmap(struct wt_queue *q, struct wt_meta *m)
{
	unsigned int i;

	for (i = 0; i < m->used; i++) //~part:dma-leak for (i = 1; i < m->used; i++)
		dma_unmap_single(q->dev, m->dma[i], m->len[i], DMA_TO_DEVICE); /*@keeplen*/
	m->used = 0;
}

int wt_tx(struct wt_queue *q, struct sk_buff *skb)
{
	struct wt_meta *m = &q->meta[q->write & q->mask];
	unsigned int first = skb->len < WT_HEAD ? skb->len : WT_HEAD;

	m->used = 0;
	if (wt_add(q, m, skb->data, first))
		return -ENOMEM;
	if (skb->len > first && wt_add(q, m, skb->data + first, skb->len - first)) {
		wt_unmap(q, m); //~none:dma-leak m->used = 0;
		return -ENOMEM;
	}
	m->skb = skb;
	q->write++;
	return 0;
}

void wt_tx_done(struct wt_queue *q)
{
	struct wt_meta *m;

	q->write--;
	m = &q->meta[q->write & q->mask];
	wt_unmap(q, m);
	dev_kfree_skb_any(m->skb);
}
