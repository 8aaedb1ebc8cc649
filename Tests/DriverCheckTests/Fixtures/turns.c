// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose turn it is between setup and teardown, and what is unmapped there, done
 * right.
 */
#include "kernel.h"
#include "between.h"

/* Two work items of one object, which another function than the setup hands over. */
struct meter {
	struct device *dev;
	struct work idle, sample;
	void *queue;
	u32 *words;
	dma_addr_t dma;
	u32 sum;
};

#define meter_of(member, w) ((struct meter *)((char *)(w) - __builtin_offsetof(struct meter, member)))

static void meter_sample(struct work *w)
{
	struct meter *m = meter_of(sample, w);

	dma_sync_single_for_cpu(m->dev, m->dma, 64, DMA_FROM_DEVICE);
	m->sum += m->words[1]; // not coherency-missing-sync
	dma_sync_single_for_device(m->dev, m->dma, 64, DMA_FROM_DEVICE);
}

static void meter_idle(struct work *w)
{
	struct meter *m = meter_of(idle, w);

	if (!queue_is_free(m->queue, &m->words[2])) // not coherency-missing-sync
		return;
	dma_sync_single_for_cpu(m->dev, m->dma, 64, DMA_FROM_DEVICE);
	queue_push(m->queue, &m->words[2]); // not coherency-missing-sync
	dma_sync_single_for_device(m->dev, m->dma, 64, DMA_FROM_DEVICE);
}

void meter_prepare(struct meter *m)
{
	(&m->idle)->func = meter_idle;
	(&m->sample)->func = meter_sample;
}

int meter_start(struct meter *m)
{
	m->words = kzalloc(64, GFP_KERNEL);
	if (!m->words)
		return -ENOMEM;
	m->dma = dma_map_single(m->dev, m->words, 64, DMA_FROM_DEVICE);
	if (!dma_mapping_error(m->dev, m->dma))
		return 0;
	kfree(m->words);
	return -EIO;
}

void meter_stop(struct meter *m)
{
	dma_unmap_single(m->dev, m->dma, 64, DMA_FROM_DEVICE);
	kfree(m->words);
}

/* One command at a time; what is written after the mapping the device does not see. */
struct command { struct device *dev; void *regs, *done; u32 *words; };

int command_run(struct command *c, u32 what)
{
	dma_addr_t dma = dma_map_single(c->dev, c->words, 64, DMA_TO_DEVICE);
	int err = 0;

	if (dma_mapping_error(c->dev, dma))
		return -EIO;
	c->words[0] = what; // not coherency-missing-sync
	dma_sync_single_for_device(c->dev, dma, 64, DMA_TO_DEVICE);
	writel(dma, c->regs);
	if (!wait_for_completion_timeout(c->done, 100))
		err = -EIO;
	dma_unmap_single(c->dev, dma, 64, DMA_TO_DEVICE);
	return err;
}

/* What is written when the device is done with all is for nobody, even if part was written early. */
int command_reset(struct command *c, u32 what)
{
	dma_addr_t dma = dma_map_single(c->dev, c->words, 64, DMA_TO_DEVICE);
	int err = 0;

	if (dma_mapping_error(c->dev, dma))
		return -EIO;
	c->words[0] = what;
	writel(0, c->regs);
	if (!wait_for_completion_timeout(c->done, 100))
		err = -EIO;
	dma_sync_single_for_device(c->dev, dma, 32, DMA_TO_DEVICE);
	c->words[8] = 0; // not coherency-missing-sync
	dma_unmap_single(c->dev, dma, 64, DMA_TO_DEVICE);
	return err;
}

/* The way out of a timeout, of a function that would map the same again. */
int command_read(struct command *c)
{
	dma_addr_t dma = dma_map_single(c->dev, c->words, 64, DMA_FROM_DEVICE); // not dma-leak
	int err = 0;

	if (dma_mapping_error(c->dev, dma))
		return -EIO;
	writel(dma, c->regs);
	if (!wait_for_completion_timeout(c->done, 100))
		err = -EIO;
	dma_unmap_single(c->dev, dma, 64, DMA_FROM_DEVICE);
	return err;
}

/* Descriptors tell how long a packet is, which is not how much is mapped. */
#define PACKET_OWN 0x80000000
#define PACKET_LEN 0xfff
struct packet_desc { u32 addr, ctl; };
struct receiver {
	struct device *dev;
	struct packet_desc *ring;
	dma_addr_t ring_dma, dma;
	struct page *page;
	u32 sum;
};

static int receiver_irq(int irq, void *data)
{
	struct receiver *r = data;
	u32 ctl = r->ring[0].ctl, len = ctl & PACKET_LEN;

	if (ctl & PACKET_OWN || len < 14 || len > 1536 || !r->page)
		return 0;
	if (len <= 256) {
		dma_sync_single_for_cpu(r->dev, r->dma, len, DMA_FROM_DEVICE);
		r->sum += *(u8 *)page_address(r->page); // not coherency-missing-sync
		dma_sync_single_for_device(r->dev, r->dma, len, DMA_FROM_DEVICE);
		return 1;
	}
	dma_unmap_page(r->dev, r->dma, PAGE_SIZE, DMA_FROM_DEVICE); // not dma-unmap-size
	__free_page(r->page);
	r->page = NULL;
	return 1;
}

int receiver_open(struct receiver *r, int irq)
{
	r->ring = dma_alloc_coherent(r->dev, 64, &r->ring_dma, GFP_KERNEL);
	if (!r->ring)
		return -ENOMEM;
	r->page = alloc_page(GFP_KERNEL);
	if (!r->page)
		goto free_ring;
	r->dma = dma_map_page(r->dev, r->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(r->dev, r->dma))
		goto free_page;
	r->ring[0].addr = r->dma;
	r->ring[0].ctl = PACKET_OWN;
	if (!request_irq(irq, receiver_irq, 0, "receiver", r))
		return 0;
	dma_unmap_page(r->dev, r->dma, PAGE_SIZE, DMA_FROM_DEVICE);
free_page:
	__free_page(r->page);
free_ring:
	dma_free_coherent(r->dev, 64, r->ring, r->ring_dma);
	return -EIO;
}

void receiver_close(struct receiver *r, int irq)
{
	free_irq(irq, r);
	if (r->page) {
		dma_unmap_page(r->dev, r->dma, PAGE_SIZE, DMA_FROM_DEVICE);
		__free_page(r->page);
	}
	dma_free_coherent(r->dev, 64, r->ring, r->ring_dma);
}

/* What is done of the work another file ends by the descriptor, and the rest the teardown. */
struct order { struct device *dev; struct packet_desc *desc; dma_addr_t desc_dma, dma; u32 length, actual, busy; };

int order_queue(struct order *o, void *data)
{
	o->desc = dma_alloc_coherent(o->dev, 64, &o->desc_dma, GFP_KERNEL);
	if (!o->desc)
		return -ENOMEM;
	o->dma = dma_map_single(o->dev, data, 4096, DMA_FROM_DEVICE);
	if (dma_mapping_error(o->dev, o->dma)) {
		dma_free_coherent(o->dev, 64, o->desc, o->desc_dma);
		return -EIO;
	}
	o->length = 4096;
	o->busy = 1;
	o->desc->ctl = PACKET_OWN;
	return 0;
}

static void order_end(struct order *o, u32 bytes)
{
	if (!o->busy)
		return;
	o->actual = bytes;
	dma_unmap_single(o->dev, o->dma, 4096, DMA_FROM_DEVICE); // not dma-unmap-size
	dma_free_coherent(o->dev, 64, o->desc, o->desc_dma);
	o->busy = 0;
}

void order_complete(struct order *o)
{
	u32 ctl;

	if (!o->busy)
		return;
	ctl = o->desc->ctl;
	if (!(ctl & PACKET_OWN))
		order_end(o, o->length - (ctl & PACKET_LEN));
}

void order_dequeue(struct order *o) { order_end(o, o->length); }
