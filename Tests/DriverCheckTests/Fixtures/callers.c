// SPDX-License-Identifier: GPL-2.0-only
/* What nobody passes to a function, and when it is not called; beside each what is wrong all the same. */
#include "kernel.h"
#include "owners.h"
#include "between.h"

void complete(void *);

/* Only packed queues grow. */
struct vq { struct device *dev; bool packed; };

static int vq_grow(struct vq *q)
{
	u8 *ring = kmalloc(512, GFP_KERNEL);
	dma_addr_t dma;

	if (!ring)
		return -ENOMEM;
	dma = dma_map_single(q->dev, ring, 512, DMA_TO_DEVICE);
	if (dma_mapping_error(q->dev, dma)) {
		kfree(ring);
		return -EIO;
	}
	dma_unmap_single(q->dev, dma, q->packed ? 512 : 256, DMA_TO_DEVICE); // not dma-unmap-size
	kfree(ring);
	return 0;
}

int vq_resize(struct vq *q)
{
	MANY_STEPS();
	return q->packed ? vq_grow(q) : -EINVAL;
}

/* All stacks do. */
struct stack { struct device *dev; bool packed; };

static int stack_grow(struct stack *q)
{
	u8 *ring = kmalloc(512, GFP_KERNEL);
	dma_addr_t dma;

	if (!ring)
		return -ENOMEM;
	dma = dma_map_single(q->dev, ring, 512, DMA_TO_DEVICE);
	if (dma_mapping_error(q->dev, dma)) {
		kfree(ring);
		return -EIO;
	}
	dma_unmap_single(q->dev, dma, q->packed ? 512 : 256, DMA_TO_DEVICE); // want dma-unmap-size
	kfree(ring);
	return 0;
}

int stack_resize(struct stack *q)
{
	MANY_STEPS();
	return stack_grow(q);
}

/* Nobody asks for the third kind of frame, which is not undone when the second map fails. */
struct sender { struct device *dev; u8 *head, *tail; dma_addr_t head_dma, tail_dma; };

static int sender_map(struct sender *s, u32 kind)
{
	s->head_dma = dma_map_single(s->dev, s->head, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->head_dma))
		return -EIO;
	s->tail_dma = dma_map_single(s->dev, s->tail, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->tail_dma)) {
		if (kind != 7)
			dma_unmap_single(s->dev, s->head_dma, 64, DMA_TO_DEVICE);
		return -EIO;
	}
	dma_unmap_single(s->dev, s->tail_dma, 64, kind == 7 ? DMA_FROM_DEVICE : DMA_TO_DEVICE); // not dma-unmap-direction
	dma_unmap_single(s->dev, s->head_dma, 64, DMA_TO_DEVICE);
	return 0;
}

int sender_send(struct sender *s)
{
	int err = sender_map(s, 2);

	MANY_STEPS();
	return err ? err : sender_map(s, 4);
}

/* Here somebody does. */
struct asker { struct device *dev; u8 *tail; dma_addr_t tail_dma; };

static int asker_map(struct asker *s, u32 kind)
{
	s->tail_dma = dma_map_single(s->dev, s->tail, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->tail_dma))
		return -EIO;
	dma_unmap_single(s->dev, s->tail_dma, 64, kind == 7 ? DMA_FROM_DEVICE : DMA_TO_DEVICE); // want dma-unmap-direction
	return 0;
}

int asker_send(struct asker *s)
{
	int err = asker_map(s, 2);

	MANY_STEPS();
	return err ? err : asker_map(s, 7);
}

/* Two rings of one kind, of which each function gets its own. */
struct slot { u8 *data; dma_addr_t dma; };
struct wheel { struct device *dev; struct slot slot; };
struct engine { struct wheel *left, *right; int (*refill)(struct wheel *); };

static int wheel_refill(struct wheel *w)
{
	w->slot.dma = dma_map_single(w->dev, w->slot.data, 128, DMA_FROM_DEVICE);
	return dma_mapping_error(w->dev, w->slot.dma) ? -EIO : 0;
}

void wheel_drain(struct wheel *w)
{
	dma_unmap_single(w->dev, w->slot.dma, 128, DMA_TO_DEVICE); // not dma-unmap-direction
}

void engine_choose(struct engine *e) { e->refill = wheel_refill; }
int engine_turn(struct engine *e) { return e->refill(e->left); }
void engine_stop(struct engine *e) { wheel_drain(e->right); }

/* Both of one. */
struct disc { struct device *dev; struct slot slot; };
struct motor { struct disc *left, *right; int (*refill)(struct disc *); };

static int disc_refill(struct disc *w)
{
	w->slot.dma = dma_map_single(w->dev, w->slot.data, 128, DMA_FROM_DEVICE);
	return dma_mapping_error(w->dev, w->slot.dma) ? -EIO : 0;
}

void disc_drain(struct disc *w)
{
	dma_unmap_single(w->dev, w->slot.dma, 128, DMA_TO_DEVICE); // want dma-unmap-direction
}

void motor_choose(struct motor *e) { e->refill = disc_refill; }
int motor_turn(struct motor *e) { return e->refill(e->left); }
void motor_stop(struct motor *e) { disc_drain(e->left); }

/* A callback gets what it was handed over with, and each kind of buffer its own callback. */
struct parcel { dma_addr_t dma; u8 *data; };
struct post { struct device *dev; struct parcel in[2], out[2]; u32 next; };
void post_read(struct post *, void (*done)(struct post *, void *), void *context);
void post_write(struct post *, void (*done)(struct post *, void *), void *context);

static void post_received(struct post *p, void *context);

static int post_queue(struct post *p, struct parcel *parcel)
{
	dma_addr_t dma = dma_map_single(p->dev, parcel->data, 64, DMA_FROM_DEVICE);

	parcel->dma = 0;
	if (dma_mapping_error(p->dev, dma))
		return -EIO;
	parcel->dma = dma;
	post_read(p, post_received, parcel);
	return 0;
}

static void post_received(struct post *p, void *context)
{
	struct parcel *parcel = context;

	dma_unmap_single(p->dev, parcel->dma, 64, DMA_FROM_DEVICE);
	post_queue(p, parcel);
}

static void post_sent(struct post *p, void *context)
{
	struct parcel *parcel = context;

	dma_unmap_single(p->dev, parcel->dma, 64, DMA_TO_DEVICE); // not dma-unmap-direction
}

int post_send(struct post *p)
{
	struct parcel *parcel = &p->out[p->next];

	parcel->dma = dma_map_single(p->dev, parcel->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(p->dev, parcel->dma))
		return -EIO;
	post_write(p, post_sent, parcel);
	return 0;
}

int post_open(struct post *p)
{
	return post_queue(p, &p->in[0]);
}

void post_close(struct post *p)
{
	if (p->in[0].dma)
		dma_unmap_single(p->dev, p->in[0].dma, 64, DMA_FROM_DEVICE);
}

/* A transfer that is done by hand has no callback; one that was handed over has. */
struct txn { void (*callback)(void *); void *callback_param; };
struct txn *txn_prep(void *queue);
void txn_go(struct txn *);
struct chan { struct device *dev; };
struct sdhi { struct chan *chan; u8 *data; dma_addr_t dma; void *queue; };

static void sdhi_done(void *arg)
{
	struct sdhi *s = arg;

	dma_unmap_single(s->chan->dev, s->dma, 64, DMA_TO_DEVICE); // not c-null-dereference
}

int sdhi_start(struct sdhi *s)
{
	struct txn *txn;

	s->dma = dma_map_single(s->chan->dev, s->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->chan->dev, s->dma)) {
		s->chan = NULL;
		return 0;
	}
	txn = txn_prep(s->queue);
	txn->callback = sdhi_done;
	txn->callback_param = s;
	txn_go(txn);
	return 0;
}

struct sdio { struct chan *chan; u8 *data; dma_addr_t dma; void *queue; };

static void sdio_done(void *arg)
{
	struct sdio *s = arg;

	dma_unmap_single(s->chan->dev, s->dma, 64, DMA_TO_DEVICE); // want c-null-dereference
}

int sdio_start(struct sdio *s)
{
	struct txn *txn = txn_prep(s->queue);

	txn->callback = sdio_done;
	txn->callback_param = s;
	s->dma = dma_map_single(s->chan->dev, s->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->chan->dev, s->dma))
		s->chan = NULL;
	txn_go(txn);
	return 0;
}

/* Each message is waited for, and ended by a call of its own. */
struct bus { struct device *dev; u8 *data; dma_addr_t dma; void *queue, *done; };

static void bus_done(void *arg)
{
	struct bus *b = arg;

	complete(b->done);
	dma_unmap_single(b->dev, b->dma, 64, DMA_TO_DEVICE);
}

int bus_send(struct bus *b)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct txn *txn = txn_prep(b->queue);

		b->dma = dma_map_single(b->dev, b->data, 64, DMA_TO_DEVICE); // not dma-leak
		if (dma_mapping_error(b->dev, b->dma))
			return -EIO;
		txn->callback = bus_done;
		txn->callback_param = b;
		txn_go(txn);
		if (!wait_for_completion_timeout(b->done, 100)) {
			dma_unmap_single(b->dev, b->dma, 64, DMA_TO_DEVICE);
			return -EIO;
		}
	}
	return 0;
}

/* One message of two parts, of which one is not ended. */
struct tram { struct device *dev; u8 *data, *more; dma_addr_t dma, more_dma; void *queue, *done; };

static void tram_done(void *arg)
{
	struct tram *b = arg;

	complete(b->done);
	dma_unmap_single(b->dev, b->dma, 64, DMA_TO_DEVICE);
}

int tram_send(struct tram *b)
{
	struct txn *txn = txn_prep(b->queue);

	b->dma = dma_map_single(b->dev, b->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(b->dev, b->dma))
		return -EIO;
	b->more_dma = dma_map_single(b->dev, b->more, 64, DMA_TO_DEVICE); // want dma-leak
	if (dma_mapping_error(b->dev, b->more_dma)) {
		dma_unmap_single(b->dev, b->dma, 64, DMA_TO_DEVICE);
		return -EIO;
	}
	txn->callback = tram_done;
	txn->callback_param = b;
	txn_go(txn);
	wait_for_completion_timeout(b->done, 100);
	return 0;
}

/* What the callback does not end is forgotten when the answer to all messages has no address. */
struct mule {
	struct device *dev;
	u8 *data, *more, *reply;
	dma_addr_t dma, more_dma, reply_dma;
	void *queue, *done;
};

static void mule_done(void *arg)
{
	struct mule *b = arg;

	complete(b->done);
	dma_unmap_single(b->dev, b->dma, 64, DMA_TO_DEVICE);
}

int mule_send(struct mule *b)
{
	int i;

	b->more_dma = dma_map_single(b->dev, b->more, 64, DMA_TO_DEVICE); // want dma-leak
	if (dma_mapping_error(b->dev, b->more_dma))
		return -EIO;
	for (i = 0; i < 2; i++) {
		struct txn *txn = txn_prep(b->queue);

		b->dma = dma_map_single(b->dev, b->data, 64, DMA_TO_DEVICE); // not dma-leak
		if (dma_mapping_error(b->dev, b->dma)) {
			dma_unmap_single(b->dev, b->more_dma, 64, DMA_TO_DEVICE);
			return -EIO;
		}
		txn->callback = mule_done;
		txn->callback_param = b;
		txn_go(txn);
		if (!wait_for_completion_timeout(b->done, 100)) {
			dma_unmap_single(b->dev, b->dma, 64, DMA_TO_DEVICE);
			dma_unmap_single(b->dev, b->more_dma, 64, DMA_TO_DEVICE);
			return -EIO;
		}
	}
	b->reply_dma = dma_map_single(b->dev, b->reply, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(b->dev, b->reply_dma))
		return -EIO;
	dma_unmap_single(b->dev, b->reply_dma, 64, DMA_FROM_DEVICE);
	dma_unmap_single(b->dev, b->more_dma, 64, DMA_TO_DEVICE);
	return 0;
}

/* Another file makes a packet with each call. */
struct sk_buff *pool_get_skb(u32 len);
struct bin { struct device *dev; struct sk_buff *one, *two; dma_addr_t one_dma, two_dma; };

int bin_fill(struct bin *b)
{
	b->one = pool_get_skb(256);
	b->two = pool_get_skb(256);
	if (!b->one || !b->two)
		return -ENOMEM;
	b->one_dma = dma_map_single(b->dev, b->one->data, 256, DMA_FROM_DEVICE);
	if (dma_mapping_error(b->dev, b->one_dma))
		return -EIO;
	b->two_dma = dma_map_single(b->dev, b->two->data, 256, DMA_FROM_DEVICE); // not dma-overlap
	if (dma_mapping_error(b->dev, b->two_dma)) {
		dma_unmap_single(b->dev, b->one_dma, 256, DMA_FROM_DEVICE);
		return -EIO;
	}
	return 0;
}

void bin_empty(struct bin *b)
{
	dma_unmap_single(b->dev, b->one_dma, 256, DMA_FROM_DEVICE);
	dma_unmap_single(b->dev, b->two_dma, 256, DMA_FROM_DEVICE);
}

/* This one uses the same twice. */
struct tub { struct device *dev; struct sk_buff *one; dma_addr_t one_dma, two_dma; };

int tub_fill(struct tub *b)
{
	b->one = pool_get_skb(256);
	if (!b->one)
		return -ENOMEM;
	b->one_dma = dma_map_single(b->dev, b->one->data, 256, DMA_FROM_DEVICE);
	if (dma_mapping_error(b->dev, b->one_dma))
		return -EIO;
	b->two_dma = dma_map_single(b->dev, b->one->data, 256, DMA_FROM_DEVICE); // want dma-overlap
	if (dma_mapping_error(b->dev, b->two_dma)) {
		dma_unmap_single(b->dev, b->one_dma, 256, DMA_FROM_DEVICE);
		return -EIO;
	}
	return 0;
}

void tub_empty(struct tub *b)
{
	dma_unmap_single(b->dev, b->one_dma, 256, DMA_FROM_DEVICE);
	dma_unmap_single(b->dev, b->two_dma, 256, DMA_FROM_DEVICE);
}

/* Of two engines one calls back, and each has its own functions. */
struct motion;
struct motion_ops { void (*start)(struct motion *); void (*stop)(struct motion *); };
struct motion { struct device *dev; struct scatterlist *sg; void *queue; };

static void slow_done(void *arg)
{
	struct motion *m = arg;

	dma_unmap_sg(m->dev, m->sg, 1, DMA_TO_DEVICE);
}

static void slow_start(struct motion *m)
{
	struct txn *txn = txn_prep(m->queue);

	if (!dma_map_sg(m->dev, m->sg, 1, DMA_TO_DEVICE))
		return;
	txn->callback = slow_done;
	txn->callback_param = m;
	txn_go(txn);
}

static void slow_stop(struct motion *m) { }

static void fast_start(struct motion *m)
{
	if (!dma_map_sg(m->dev, m->sg, 1, DMA_TO_DEVICE)) // not dma-mapping-error-unchecked
		return;
	txn_go(m->queue);
}

static void fast_stop(struct motion *m)
{
	txn_go(m->queue);
}

const struct motion_ops slow_ops = { .start = slow_start, .stop = slow_stop };
const struct motion_ops fast_ops = { .start = fast_start, .stop = fast_stop };

/* Nobody has set the bit that is asked for. */
struct lamp { struct device *dev; u8 *data; void *regs; dma_addr_t dma; };

static int lamp_submit(struct lamp *l)
{
	l->dma = dma_map_single(l->dev, l->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(l->dev, l->dma))
		return -EIO;
	dma_unmap_single(l->dev, l->dma, 64, DMA_TO_DEVICE);
	return 0;
}

int lamp_shine(struct lamp *l)
{
	u32 mode;

	if (mode & 0x200) // want c-uninitialised-read
		writel(1, l->regs);
	return lamp_submit(l);
}

int lamp_blink(struct lamp *l)
{
	u32 mode;

	if (mode & 2) // want c-uninitialised-read
		writel(1, l->regs);
	return lamp_submit(l);
}

/* Whichever it is, the same is done. */
int lamp_glow(struct lamp *l)
{
	u32 mode, level;

	level = mode & 0x200 ? 1 : 2; // not c-uninitialised-read
	return lamp_submit(l);
}
