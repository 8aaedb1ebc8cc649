// SPDX-License-Identifier: GPL-2.0-only
/* Requests that are done in place, fail in the middle, or time out. */
#include "subsystems.h"
#include "between.h"

/* A request in place is mapped both ways, once. */
struct cipher { struct device *dev; };
struct cipher_request { struct scatterlist *src, *dst; };

int cipher_map(struct cipher *c, struct cipher_request *req)
{
	if (req->src == req->dst)
		return dma_map_sg(c->dev, req->src, 2, DMA_BIDIRECTIONAL) ? 0 : -EIO;
	if (!dma_map_sg(c->dev, req->src, 2, DMA_TO_DEVICE))
		return -EIO;
	if (dma_map_sg(c->dev, req->dst, 2, DMA_FROM_DEVICE))
		return 0;
	dma_unmap_sg(c->dev, req->src, 2, DMA_TO_DEVICE);
	return -EIO;
}

void cipher_unmap(struct cipher *c, struct cipher_request *req)
{
	if (req->src == req->dst) {
		dma_unmap_sg(c->dev, req->src, 2, DMA_BIDIRECTIONAL); //~inplace:dma-unmap-direction dma_unmap_sg(c->dev, req->src, 2, DMA_TO_DEVICE);
		return;
	}
	dma_unmap_sg(c->dev, req->dst, 2, DMA_FROM_DEVICE);
	dma_unmap_sg(c->dev, req->src, 2, DMA_TO_DEVICE);
}

/* Who calls this is told nothing of what went wrong. */
struct engine { struct device *dev; void *regs; void *done; int result; };

int engine_do_one(struct engine *e, void *words)
{
	dma_addr_t dma = dma_map_single(e->dev, words, 64, DMA_TO_DEVICE); /*@untold*/

	e->result = -EIO;
	if (dma_mapping_error(e->dev, dma))
		return 0;
	writeq(dma, e->regs);
	if (wait_for_completion_timeout(e->done, 100)) //~untold:dma-leak if (!wait_for_completion_timeout(e->done, 100)) return 0;
		e->result = 0;
	dma_unmap_single(e->dev, dma, 64, DMA_TO_DEVICE);
	return 0;
}

/* An interrupt handler has kept what the device says. */
struct loader { struct device *dev; void *regs; void *done; u32 status; };

int loader_run(struct loader *l, void *image)
{
	dma_addr_t dma = dma_map_single(l->dev, image, 64, DMA_TO_DEVICE); /*@failing*/
	int ret = 0;

	if (dma_mapping_error(l->dev, dma))
		return -EIO;
	writeq(dma, l->regs);
	wait_for_completion_timeout(l->done, 100);
	if (l->status & 0x10)
		ret = -EIO; //~failing:dma-leak return -EIO;
	dma_unmap_single(l->dev, dma, 64, DMA_TO_DEVICE);
	return ret;
}

/* A packet that cannot be mapped as a whole is thrown away. */
struct sender { struct device *dev; void *regs; dma_addr_t head, tail; };

void sender_send(struct sender *s, struct sk_buff *skb)
{
	const skb_frag_t *frag = &skb_shinfo(skb)->frags[0];
	unsigned int len = skb_headlen(skb);

	s->head = dma_map_single(s->dev, skb->data, len, DMA_TO_DEVICE); /*@dropping*/
	if (dma_mapping_error(s->dev, s->head))
		goto drop;
	s->tail = skb_frag_dma_map(s->dev, frag, 0, skb_frag_size(frag), DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->tail))
		goto unmap; //~dropping:dma-leak goto drop;
	writeq(s->head, s->regs);
	writeq(s->tail, s->regs + 8);
	return;
unmap:
	dma_unmap_single(s->dev, s->head, len, DMA_TO_DEVICE);
drop:
	dev_kfree_skb_any(skb);
}

/* Who refills a ring goes on with what it has got. */
struct sk_buff *__netdev_alloc_skb(struct net_device *, unsigned int, gfp_t);
struct refilled { struct device *dev; void *regs; struct sk_buff *skb[2]; dma_addr_t dma[2]; };

void refilled_fill(struct refilled *r, struct net_device *ndev)
{
	for (int i = 0; i < 2; i++) {
		struct sk_buff *skb = __netdev_alloc_skb(ndev, 1500, GFP_ATOMIC);

		if (!skb)
			return;
		r->dma[i] = dma_map_single(r->dev, skb->data, 1500, DMA_FROM_DEVICE);
		if (dma_mapping_error(r->dev, r->dma[i])) {
			dev_kfree_skb_any(skb);
			return;
		}
		r->skb[i] = skb;
		writeq(r->dma[i], r->regs);
	}
}

/* Messages are read and written. */
struct i2c_msg { u16 flags, len; u8 *buf; };
struct bus { struct device *dev; dma_addr_t dma; };

static enum dma_data_direction bus_way(const struct i2c_msg *msg)
{
	return msg->flags & 1 ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
}

int bus_map(struct bus *b, struct i2c_msg *msg)
{
	b->dma = dma_map_single(b->dev, msg->buf, 32, bus_way(msg));
	return dma_mapping_error(b->dev, b->dma) ? -EIO : 0;
}

void bus_unmap(struct bus *b, struct i2c_msg *msg)
{
	dma_unmap_single(b->dev, b->dma, 32, bus_way(msg)); //~oneway:dma-unmap-direction dma_unmap_single(b->dev, b->dma, 32, DMA_TO_DEVICE);
}

/* What was told to be over is somebody else's; which host a command is for it says itself. */
struct Scsi_Host { struct device *dev; void *regs; dma_addr_t dma; struct scsi_cmnd *busy; };
struct scsi_device { struct Scsi_Host *host; };
struct scsi_cmnd { struct scsi_device *device; void *sense; };
void scsi_done(struct scsi_cmnd *);

int hba_queue(struct Scsi_Host *h, struct scsi_cmnd *sc)
{
	h->dma = dma_map_single(h->dev, sc->sense, 96, DMA_FROM_DEVICE);
	if (dma_mapping_error(h->dev, h->dma))
		return -EIO;
	h->busy = sc;
	writeq(h->dma, h->regs);
	return 0;
}

void hba_dequeue(struct scsi_cmnd *sc)
{
	struct Scsi_Host *h = sc->device->host;

	writel(0, h->regs);
	if (!h->busy)
		return;
	dma_unmap_single(h->dev, h->dma, 96, DMA_FROM_DEVICE); //~over:c-use-after-free scsi_done(h->busy); dma_unmap_single(h->dev, h->dma, 96, DMA_FROM_DEVICE);
	scsi_done(h->busy);
	h->busy = NULL;
}

/* An ioctl has a number of its own. */
struct window { struct device *dev; void *words; dma_addr_t dma[2]; };

long window_ioctl(struct window *w, unsigned int cmd, unsigned long arg)
{
	if (cmd != 0x40185700)
		return -ENOTTY;
	w->dma[0] = dma_map_single(w->dev, w->words, 64, DMA_TO_DEVICE); /*@numbered*/
	if (dma_mapping_error(w->dev, w->dma[0]))
		return -EIO;
	w->dma[1] = dma_map_single(w->dev, w->words + 64, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(w->dev, w->dma[1])) {
		dma_unmap_single(w->dev, w->dma[0], 64, DMA_TO_DEVICE); //~numbered:dma-leak ;
		return -EIO;
	}
	return 0;
}

void window_release(struct window *w)
{
	dma_unmap_single(w->dev, w->dma[0], 64, DMA_TO_DEVICE);
	dma_unmap_single(w->dev, w->dma[1], 64, DMA_TO_DEVICE);
}

/* Addresses of a process end somewhere. */
unsigned long task_size_max(void);
struct view { struct device *dev; void *words; dma_addr_t dma[2]; };

int view_open(struct view *v, unsigned long start)
{
	if (start + 0x10000 >= task_size_max())
		return -EINVAL;
	v->dma[0] = dma_map_single(v->dev, v->words, 64, DMA_TO_DEVICE); /*@bounded*/
	if (dma_mapping_error(v->dev, v->dma[0]))
		return -EIO;
	v->dma[1] = dma_map_single(v->dev, v->words + 64, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(v->dev, v->dma[1])) {
		dma_unmap_single(v->dev, v->dma[0], 64, DMA_TO_DEVICE); //~bounded:dma-leak ;
		return -EIO;
	}
	return 0;
}

void view_close(struct view *v)
{
	dma_unmap_single(v->dev, v->dma[0], 64, DMA_TO_DEVICE);
	dma_unmap_single(v->dev, v->dma[1], 64, DMA_TO_DEVICE);
}
