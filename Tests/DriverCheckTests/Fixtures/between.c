// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers do between setup and teardown, done right: in an interrupt, in a poll, for a reader.
 */
#include "kernel.h"
#include "between.h"

/* A log of fixed records, read by the interrupt handler. */
#define LOG_RECORDS 4
struct record { u32 code, value; };
struct logger {
	struct device *dev;
	void *regs;
	struct record *log;
	dma_addr_t dma;
	u32 next, sum;
};

static int log_irq(int irq, void *data)
{
	struct logger *l = data;
	u32 end = readl(l->regs) % LOG_RECORDS;

	while (l->next != end) {
		dma_addr_t at = l->dma + l->next * sizeof(struct record);

		dma_sync_single_for_cpu(l->dev, at, sizeof(struct record), DMA_FROM_DEVICE); // not dma-sync-range
		l->sum += l->log[l->next].value; // not coherency-missing-sync
		dma_sync_single_for_device(l->dev, at, sizeof(struct record), DMA_FROM_DEVICE); // not dma-sync-direction
		l->next = (l->next + 1) % LOG_RECORDS;
	}
	return 1;
}

int log_start(struct logger *l, int irq)
{
	l->log = kzalloc(LOG_RECORDS * sizeof(struct record), GFP_KERNEL);
	if (!l->log)
		return -ENOMEM;
	l->dma = dma_map_single(l->dev, l->log, LOG_RECORDS * sizeof(struct record), DMA_FROM_DEVICE);
	if (dma_mapping_error(l->dev, l->dma))
		goto free;
	l->next = 0;
	if (request_irq(irq, log_irq, 0, "log", l))
		goto unmap;
	return 0;
unmap:
	dma_unmap_single(l->dev, l->dma, LOG_RECORDS * sizeof(struct record), DMA_FROM_DEVICE);
free:
	kfree(l->log);
	return -EIO;
}

void log_stop(struct logger *l, int irq)
{
	free_irq(irq, l);
	dma_unmap_single(l->dev, l->dma, LOG_RECORDS * sizeof(struct record), DMA_FROM_DEVICE);
	kfree(l->log);
}

/* A block that the interrupt takes from the device, and another file reads. */
struct probe_unit { struct device *dev; void *regs, *block; dma_addr_t dma; bool full; };

static int unit_irq(int irq, void *data)
{
	struct probe_unit *u = data;

	if (readl(u->regs)) {
		dma_sync_single_for_cpu(u->dev, u->dma, 512, DMA_FROM_DEVICE);
		u->full = true;
	}
	return 1;
}

int unit_probe(struct probe_unit *u, int irq) { return request_irq(irq, unit_irq, 0, "unit", u); }

int unit_start(struct probe_unit *u)
{
	u->block = kzalloc(512, GFP_KERNEL);
	if (!u->block)
		return -ENOMEM;
	u->dma = dma_map_single(u->dev, u->block, 512, DMA_FROM_DEVICE);
	if (!dma_mapping_error(u->dev, u->dma))
		return 0;
	kfree(u->block);
	return -EIO;
}

int unit_read(struct probe_unit *u, u32 *value)
{
	*value = *(u32 *)u->block; // not coherency-missing-sync
	return 0;
}

void unit_stop(struct probe_unit *u)
{
	dma_unmap_single(u->dev, u->dma, 512, DMA_FROM_DEVICE);
	kfree(u->block);
}

/* One transmission at a time, begun by the core and ended by an interrupt. */
struct sender { struct device *dev; void *regs; dma_addr_t dma; size_t busy; };
struct sender_ops {
	int (*open)(struct sender *s, int irq);
	int (*send)(struct sender *s, void *data, size_t bytes);
	void (*close)(struct sender *s, int irq);
};

static void sender_end(struct sender *s)
{
	if (!s->busy)
		return;
	dma_unmap_single(s->dev, s->dma, s->busy, DMA_TO_DEVICE); // not dma-double-unmap
	s->busy = 0;
}

static int sender_irq(int irq, void *data)
{
	struct sender *s = data;

	if (readl(s->regs))
		sender_end(s);
	return 1;
}

static int sender_open(struct sender *s, int irq)
{
	s->busy = 0;
	return request_irq(irq, sender_irq, 0, "sender", s);
}

static int sender_send(struct sender *s, void *data, size_t bytes)
{
	if (s->busy || !bytes)
		return -EINVAL;
	s->dma = dma_map_single(s->dev, data, bytes, DMA_TO_DEVICE); // not dma-mapping-error-unchecked
	if (dma_mapping_error(s->dev, s->dma))
		return -EIO;
	s->busy = bytes;
	return 0;
}

static void sender_close(struct sender *s, int irq)
{
	free_irq(irq, s);
	sender_end(s);
}

const struct sender_ops sender_ops = {
	.open = sender_open, .send = sender_send, .close = sender_close,
};

/* A ring that one function makes, another fills, and the last empties. */
struct slot { dma_addr_t dma; u32 bytes; u32 used; };
struct ring { struct device *dev; struct slot *slots; u32 count, filled; u64 *table; dma_addr_t table_dma; };

static void ring_empty(struct ring *r, u32 down_to)
{
	while (r->filled > down_to) {
		struct slot *s = &r->slots[--r->filled];

		dma_unmap_page(r->dev, s->dma, s->bytes, DMA_TO_DEVICE);
	}
}

int ring_create(struct ring *r, u32 count)
{
	if (!count || (count & (count - 1)))
		return -EINVAL;
	r->slots = kcalloc(count, sizeof(*r->slots), GFP_KERNEL);
	if (!r->slots)
		return -ENOMEM;
	r->table = dma_alloc_coherent(r->dev, count * sizeof(u64), &r->table_dma, GFP_KERNEL);
	if (!r->table) {
		kfree(r->slots);
		return -ENOMEM;
	}
	r->count = count;
	r->filled = 0;
	return 0;
}

int ring_put(struct ring *r, struct page **pages, u32 n)
{
	u32 first = r->filled, i;

	if (n > r->count - r->filled)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		dma_addr_t dma = dma_map_page(r->dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // not dma-leak

		if (dma_mapping_error(r->dev, dma)) {
			ring_empty(r, first);
			return -EIO;
		}
		r->slots[r->filled].dma = dma;
		r->slots[r->filled++].bytes = PAGE_SIZE;
	}
	return 0;
}

void ring_destroy(struct ring *r)
{
	ring_empty(r, 0);
	dma_free_coherent(r->dev, r->count * sizeof(u64), r->table, r->table_dma);
	kfree(r->slots);
}

/* How much of a buffer the device has filled says nothing of how much of it is mapped. */
struct intake { struct device *dev; void *regs; struct page *page; dma_addr_t dma; u32 bytes; };

static int intake_irq(int irq, void *data)
{
	struct intake *t = data;
	u32 bytes = readl(t->regs);

	if (bytes && t->page) {
		dma_unmap_page(t->dev, t->dma, PAGE_SIZE, DMA_FROM_DEVICE); // not dma-unmap-size
		__free_page(t->page);
		t->page = NULL;
		t->bytes = bytes;
	}
	return 1;
}

int intake_open(struct intake *t, int irq)
{
	t->page = alloc_page(GFP_KERNEL);
	if (!t->page)
		return -ENOMEM;
	t->dma = dma_map_page(t->dev, t->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(t->dev, t->dma))
		goto free;
	if (!request_irq(irq, intake_irq, 0, "intake", t))
		return 0;
	dma_unmap_page(t->dev, t->dma, PAGE_SIZE, DMA_FROM_DEVICE);
free:
	__free_page(t->page);
	return -EIO;
}

void intake_close(struct intake *t, int irq)
{
	free_irq(irq, t);
	if (!t->page)
		return;
	dma_unmap_page(t->dev, t->dma, PAGE_SIZE, DMA_FROM_DEVICE);
	__free_page(t->page);
}

/* Two sizes that are the same by chance, and a status that says whether a transfer has gone well. */
struct reader { struct device *dev; void *done; u32 status; u32 data_bytes, tail_bytes; };

int reader_run(struct reader *r, void *data, void *tail)
{
	dma_addr_t first, second;
	int err = 0;

	first = dma_map_single(r->dev, data, r->data_bytes, DMA_FROM_DEVICE); // not dma-leak
	if (dma_mapping_error(r->dev, first))
		return -EIO;
	second = dma_map_single(r->dev, tail, r->tail_bytes, DMA_FROM_DEVICE);
	if (dma_mapping_error(r->dev, second)) {
		dma_unmap_single(r->dev, first, r->data_bytes, DMA_FROM_DEVICE);
		return -EIO;
	}
	if (!wait_for_completion_timeout(r->done, 100))
		err = -EIO;
	dma_unmap_single(r->dev, second, r->tail_bytes, DMA_FROM_DEVICE); // not dma-unmap-size
	dma_unmap_single(r->dev, first, r->data_bytes, DMA_FROM_DEVICE);
	return r->status & 1 ? -EIO : err;
}

/* A slot is copied and then refilled: the copy has the page that the slot had. */
struct cell { struct page *page; dma_addr_t dma; };
struct cells { struct device *dev; struct cell *cells; u32 sum; };

static int cell_fill(struct cells *c, struct cell *cell)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	cell->dma = dma_map_page(c->dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(c->dev, cell->dma)) {
		__free_page(page);
		return -EIO;
	}
	cell->page = page;
	return 0;
}

int cell_next(struct cells *c)
{
	struct cell *cell = &c->cells[0], old = *cell;

	if (cell_fill(c, cell))
		return -ENOMEM;
	dma_unmap_page(c->dev, old.dma, PAGE_SIZE, DMA_FROM_DEVICE);
	c->sum += *(u32 *)page_address(old.page); // not coherency-missing-sync
	__free_page(old.page);
	return 0;
}

void cell_end(struct cells *c)
{
	dma_unmap_page(c->dev, c->cells[0].dma, PAGE_SIZE, DMA_FROM_DEVICE);
	__free_page(c->cells[0].page);
}

/* What the interrupt ends nothing else ends: the helper that unmaps is no teardown of its own. */
struct job { struct device *dev; void *regs, *data; dma_addr_t dma; bool busy; };

static void job_unmap(struct job *j)
{
	dma_unmap_single(j->dev, j->dma, 64, DMA_TO_DEVICE); // not dma-double-unmap
}

static int job_irq(int irq, void *data)
{
	struct job *j = data;

	if (readl(j->regs) && j->busy) {
		j->busy = false;
		job_unmap(j);
	}
	return 1;
}

int job_probe(struct job *j, int irq) { return request_irq(irq, job_irq, 0, "job", j); }

int job_start(struct job *j)
{
	j->dma = dma_map_single(j->dev, j->data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(j->dev, j->dma))
		return -EIO;
	j->busy = true;
	return 0;
}

/* What lies beside the memory that the device writes is the driver's own. */
struct frame { u32 bytes; u8 pad[252]; u8 data[256]; };
struct inbox { struct device *dev; void *regs; struct frame *frame; dma_addr_t dma; bool busy; };

static int inbox_irq(int irq, void *data)
{
	struct inbox *in = data;

	if (readl(in->regs) && in->busy) {
		in->busy = false;
		dma_unmap_single(in->dev, in->dma, in->frame->bytes, DMA_FROM_DEVICE); // not dma-unmap-size
	}
	return 1;
}

int inbox_open(struct inbox *in, int irq)
{
	in->dma = dma_map_single(in->dev, in->frame->data, 256, DMA_FROM_DEVICE);
	if (dma_mapping_error(in->dev, in->dma))
		return -EIO;
	in->busy = true;
	if (!request_irq(irq, inbox_irq, 0, "inbox", in))
		return 0;
	dma_unmap_single(in->dev, in->dma, 256, DMA_FROM_DEVICE);
	return -EIO;
}

void inbox_close(struct inbox *in, int irq)
{
	free_irq(irq, in);
	if (in->busy)
		dma_unmap_single(in->dev, in->dma, 256, DMA_FROM_DEVICE);
}
