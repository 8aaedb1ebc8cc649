// SPDX-License-Identifier: GPL-2.0-only
/* What has to be known of the world around a driver before its mapping code is reached. */
#include "kernel.h"
#include "subsystems.h"

struct regmap;
int regmap_read(struct regmap *, unsigned int, unsigned int *);
bool link_is_up(struct regmap *);
int pci_alloc_irq_vectors(struct device *, unsigned int, unsigned int, unsigned int);

/* Polls that end when the device has another answer. */
struct phy { struct device *dev; struct regmap *map; void *buf; dma_addr_t dma; };

int phy_open(struct phy *phy)
{
	unsigned int state;

	do {
		if (regmap_read(phy->map, 4, &state))
			return -EIO;
	} while (!(state & 0x10));
	while (!link_is_up(phy->map))
		;
	phy->dma = dma_map_single(phy->dev, phy->buf, 256, DMA_FROM_DEVICE);
	return dma_mapping_error(phy->dev, phy->dma) ? -EIO : 0;
}

void phy_close(struct phy *phy)
{
	dma_unmap_single(phy->dev, phy->dma, 256, DMA_FROM_DEVICE);
}

/* As many vectors as were asked for, or an error; never none. */
struct vectors { struct device *dev; int count; void *buf; dma_addr_t dma[4]; };

int vectors_init(struct vectors *v)
{
	int count = pci_alloc_irq_vectors(v->dev, 1, 4, 0);
	int i;

	if (count < 0)
		return count;
	v->count = count;
	for (i = 0; i < 256 / (256 / count); i++) {
		v->dma[i] = dma_map_single(v->dev, v->buf, 64, DMA_TO_DEVICE);
		if (dma_mapping_error(v->dev, v->dma[i]))
			goto undo;
	}
	return 0;

undo:
	while (i--)
		dma_unmap_single(v->dev, v->dma[i], 64, DMA_TO_DEVICE);
	return -ENOMEM;
}

void vectors_exit(struct vectors *v)
{
	int i;

	for (i = 0; i < v->count; i++)
		dma_unmap_single(v->dev, v->dma[i], 64, DMA_TO_DEVICE);
}

/* A variable of the file that another function has set. */
struct layout { u32 words; };
static const struct layout *layout;
struct desc { struct device *dev; u32 *words; dma_addr_t dma; };

void layout_choose(const struct layout *chosen)
{
	layout = chosen;
}

int desc_map(struct desc *d)
{
	d->dma = dma_map_single(d->dev, d->words, layout->words * 4, DMA_TO_DEVICE);
	return dma_mapping_error(d->dev, d->dma) ? -EIO : 0;
}

void desc_unmap(struct desc *d)
{
	dma_unmap_single(d->dev, d->dma, layout->words * 4, DMA_TO_DEVICE);
}

/* A list of one entry that lies in what the caller hands over. */
struct reply { struct scatterlist sg; };

int reply_map(struct device *dev, struct reply *reply)
{
	return dma_map_sg(dev, &reply->sg, 1, DMA_FROM_DEVICE) ? 0 : -EIO;
}

void reply_unmap(struct device *dev, struct reply *reply)
{
	dma_unmap_sg(dev, &reply->sg, 1, DMA_FROM_DEVICE);
}

/* A work in a structure of more than a megabyte. */
struct work { int pending; };
struct adapter { struct device *dev; void *buf; char log[1500000]; struct work work; dma_addr_t dma; };

int adapter_map(struct work *work)
{
	struct adapter *a = container_of(work, struct adapter, work);

	a->dma = dma_map_single(a->dev, a->buf, 128, DMA_TO_DEVICE);
	return dma_mapping_error(a->dev, a->dma) ? -EIO : 0;
}

void adapter_unmap(struct work *work)
{
	struct adapter *a = container_of(work, struct adapter, work);

	dma_unmap_single(a->dev, a->dma, 128, DMA_TO_DEVICE);
}

/* A copy of a frame is as long as what was put into it. */
struct sk_buff *__netdev_alloc_skb(struct net_device *, unsigned int, gfp_t);
void *skb_put(struct sk_buff *, unsigned int);
struct copy { struct device *dev; struct sk_buff *skb; dma_addr_t dma; };

int copy_send(struct copy *c, struct net_device *ndev, struct sk_buff *skb)
{
	struct sk_buff *own = __netdev_alloc_skb(ndev, skb->len, GFP_ATOMIC);

	if (!own)
		return -ENOMEM;
	memcpy(skb_put(own, skb->len), skb->data, skb->len);
	c->dma = dma_map_single(c->dev, own->data, skb->len, DMA_TO_DEVICE);
	if (dma_mapping_error(c->dev, c->dma)) {
		dev_kfree_skb_any(own);
		return -ENOMEM;
	}
	c->skb = own;
	return 0;
}

void copy_sent(struct copy *c)
{
	dma_unmap_single(c->dev, c->dma, c->skb->len, DMA_TO_DEVICE);
	dev_kfree_skb_any(c->skb);
}

/* Numbers that are not zero when something is divided by them. */
struct shares { struct device *dev; void *buf; dma_addr_t dma; u32 queues, home, done; size_t bytes; };

int shares_open(struct shares *s, u32 queues)
{
	s->home = queues % s->queues;
	s->done = 100 / (s->bytes >> 12);
	s->dma = dma_map_single(s->dev, s->buf, 256, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->dma))
		return -EIO;
	s->queues = queues;
	return 0;
}

void shares_close(struct shares *s)
{
	dma_unmap_single(s->dev, s->dma, 256, DMA_TO_DEVICE);
}

/* More pages than lie below 4 GiB, and coherent memory after them. */
#define CROWD_PAGES 300
struct crowd { struct device *dev; struct page *pages[CROWD_PAGES]; void *ring; dma_addr_t dma; };

int crowd_start(struct crowd *c)
{
	int i;

	for (i = 0; i < CROWD_PAGES; i++) {
		c->pages[i] = alloc_page(GFP_KERNEL);
		if (!c->pages[i])
			goto free;
	}
	c->ring = dma_alloc_coherent(c->dev, 4096, &c->dma, GFP_KERNEL);
	if (c->ring)
		return 0;
free:
	while (i--)
		__free_page(c->pages[i]);
	return -ENOMEM;
}

void crowd_stop(struct crowd *c)
{
	int i;

	dma_free_coherent(c->dev, 4096, c->ring, c->dma);
	for (i = 0; i < CROWD_PAGES; i++)
		__free_page(c->pages[i]);
}

/* An object to which the caller has a reference. */
typedef struct { int refs; } refcount_t;
void refcount_inc(refcount_t *);
bool refcount_dec_and_test(refcount_t *);
struct held { refcount_t ref; struct device *dev; void *buf; dma_addr_t dma; };

static void held_put(struct held *h)
{
	if (refcount_dec_and_test(&h->ref))
		kfree(h);
}

int held_send(struct held *h)
{
	refcount_inc(&h->ref);
	h->dma = dma_map_single(h->dev, h->buf, 256, DMA_TO_DEVICE);
	held_put(h);
	return dma_mapping_error(h->dev, h->dma) ? -EIO : 0;
}

void held_sent(struct held *h)
{
	dma_unmap_single(h->dev, h->dma, 256, DMA_TO_DEVICE);
}
