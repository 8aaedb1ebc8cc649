// SPDX-License-Identifier: GPL-2.0-only
/*
 * What drivers do between setup and teardown, done wrong; `between.c` does the same right.
 */
#include "kernel.h"
#include "between.h"

/* A log of fixed records, read by the interrupt handler. */
#define UNSYNCED_RECORDS 4
struct unsynced_record { u32 code, value; };
struct unsynced_logger {
	struct device *dev;
	void *regs;
	struct unsynced_record *log;
	dma_addr_t dma;
	u32 next, sum;
};

static int unsynced_irq(int irq, void *data)
{
	struct unsynced_logger *l = data;
	u32 end = readl(l->regs) % UNSYNCED_RECORDS;

	while (l->next != end) {
		dma_addr_t at = l->dma + l->next * sizeof(struct unsynced_record);

		l->sum += l->log[l->next].value; // want coherency-missing-sync
		dma_sync_single_for_device(l->dev, at, sizeof(struct unsynced_record), DMA_FROM_DEVICE);
		l->next = (l->next + 1) % UNSYNCED_RECORDS;
	}
	return 1;
}

int unsynced_start(struct unsynced_logger *l, int irq)
{
	l->log = kzalloc(UNSYNCED_RECORDS * sizeof(struct unsynced_record), GFP_KERNEL);
	if (!l->log)
		return -ENOMEM;
	l->dma = dma_map_single(l->dev, l->log, UNSYNCED_RECORDS * sizeof(struct unsynced_record), DMA_FROM_DEVICE);
	if (dma_mapping_error(l->dev, l->dma))
		goto free;
	l->next = 0;
	if (request_irq(irq, unsynced_irq, 0, "log", l))
		goto unmap;
	return 0;
unmap:
	dma_unmap_single(l->dev, l->dma, UNSYNCED_RECORDS * sizeof(struct unsynced_record), DMA_FROM_DEVICE);
free:
	kfree(l->log);
	return -EIO;
}

void unsynced_stop(struct unsynced_logger *l, int irq)
{
	free_irq(irq, l);
	dma_unmap_single(l->dev, l->dma, UNSYNCED_RECORDS * sizeof(struct unsynced_record), DMA_FROM_DEVICE);
	kfree(l->log);
}

/* A log of fixed records, read by the interrupt handler. */
#define BEYOND_RECORDS 4
struct beyond_record { u32 code, value; };
struct beyond_logger {
	struct device *dev;
	void *regs;
	struct beyond_record *log;
	dma_addr_t dma;
	u32 next, sum;
};

static int beyond_irq(int irq, void *data)
{
	struct beyond_logger *l = data;
	u32 end = readl(l->regs) % BEYOND_RECORDS;

	while (l->next != end) {
		dma_addr_t at = l->dma + l->next * BEYOND_RECORDS * sizeof(struct beyond_record);

		dma_sync_single_for_cpu(l->dev, at, sizeof(struct beyond_record), DMA_FROM_DEVICE); // want dma-sync-range
		l->sum += l->log[l->next].value;
		dma_sync_single_for_device(l->dev, at, sizeof(struct beyond_record), DMA_FROM_DEVICE);
		l->next = (l->next + 1) % BEYOND_RECORDS;
	}
	return 1;
}

int beyond_start(struct beyond_logger *l, int irq)
{
	l->log = kzalloc(BEYOND_RECORDS * sizeof(struct beyond_record), GFP_KERNEL);
	if (!l->log)
		return -ENOMEM;
	l->dma = dma_map_single(l->dev, l->log, BEYOND_RECORDS * sizeof(struct beyond_record), DMA_FROM_DEVICE);
	if (dma_mapping_error(l->dev, l->dma))
		goto free;
	l->next = 0;
	if (request_irq(irq, beyond_irq, 0, "log", l))
		goto unmap;
	return 0;
unmap:
	dma_unmap_single(l->dev, l->dma, BEYOND_RECORDS * sizeof(struct beyond_record), DMA_FROM_DEVICE);
free:
	kfree(l->log);
	return -EIO;
}

void beyond_stop(struct beyond_logger *l, int irq)
{
	free_irq(irq, l);
	dma_unmap_single(l->dev, l->dma, BEYOND_RECORDS * sizeof(struct beyond_record), DMA_FROM_DEVICE);
	kfree(l->log);
}

/* A log of fixed records, read by the interrupt handler. */
#define TURNED_RECORDS 4
struct turned_record { u32 code, value; };
struct turned_logger {
	struct device *dev;
	void *regs;
	struct turned_record *log;
	dma_addr_t dma;
	u32 next, sum;
};

static int turned_irq(int irq, void *data)
{
	struct turned_logger *l = data;
	u32 end = readl(l->regs) % TURNED_RECORDS;

	while (l->next != end) {
		dma_addr_t at = l->dma + l->next * sizeof(struct turned_record);

		dma_sync_single_for_cpu(l->dev, at, sizeof(struct turned_record), DMA_FROM_DEVICE);
		l->sum += l->log[l->next].value;
		dma_sync_single_for_device(l->dev, at, sizeof(struct turned_record), DMA_TO_DEVICE); // want dma-sync-direction
		l->next = (l->next + 1) % TURNED_RECORDS;
	}
	return 1;
}

int turned_start(struct turned_logger *l, int irq)
{
	l->log = kzalloc(TURNED_RECORDS * sizeof(struct turned_record), GFP_KERNEL);
	if (!l->log)
		return -ENOMEM;
	l->dma = dma_map_single(l->dev, l->log, TURNED_RECORDS * sizeof(struct turned_record), DMA_FROM_DEVICE);
	if (dma_mapping_error(l->dev, l->dma))
		goto free;
	l->next = 0;
	if (request_irq(irq, turned_irq, 0, "log", l))
		goto unmap;
	return 0;
unmap:
	dma_unmap_single(l->dev, l->dma, TURNED_RECORDS * sizeof(struct turned_record), DMA_FROM_DEVICE);
free:
	kfree(l->log);
	return -EIO;
}

void turned_stop(struct turned_logger *l, int irq)
{
	free_irq(irq, l);
	dma_unmap_single(l->dev, l->dma, TURNED_RECORDS * sizeof(struct turned_record), DMA_FROM_DEVICE);
	kfree(l->log);
}

/* A block that the interrupt takes from the device, and another file reads. */
struct probe_unit { struct device *dev; void *regs, *block; dma_addr_t dma; bool full; };

static int unit_irq(int irq, void *data)
{
	struct probe_unit *u = data;

	if (readl(u->regs)) {
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
	*value = *(u32 *)u->block; // want coherency-missing-sync
	return 0;
}

void unit_stop(struct probe_unit *u)
{
	dma_unmap_single(u->dev, u->dma, 512, DMA_FROM_DEVICE);
	kfree(u->block);
}

/* A handler behind which its object stands, and behind that a name with a number in it. */
struct named_unit {
	struct device *dev;
	struct pci_dev *pdev;
	void *regs;
	u32 *block;
	dma_addr_t dma;
	u32 number, sum;
};

static int named_irq(int irq, void *data)
{
	struct named_unit *u = data;

	if (readl(u->regs))
		u->sum += u->block[0]; // want coherency-missing-sync
	return 1;
}

int named_start(struct named_unit *u)
{
	u->block = kzalloc(512, GFP_KERNEL);
	if (!u->block)
		return -ENOMEM;
	u->dma = dma_map_single(u->dev, u->block, 512, DMA_FROM_DEVICE);
	if (dma_mapping_error(u->dev, u->dma))
		goto free;
	if (pci_request_irq(u->pdev, 0, named_irq, NULL, u, "unit%u", u->number))
		goto unmap;
	return 0;
unmap:
	dma_unmap_single(u->dev, u->dma, 512, DMA_FROM_DEVICE);
free:
	kfree(u->block);
	return -EIO;
}

void named_stop(struct named_unit *u)
{
	pci_free_irq(u->pdev, 0, u);
	dma_unmap_single(u->dev, u->dma, 512, DMA_FROM_DEVICE);
	kfree(u->block);
}

/* An object with room for two functions, of which only the second is set. */
struct two_way {
	struct device *dev;
	void (*empty)(struct two_way *t);
	void (*full)(struct two_way *t);
	u32 *block;
	dma_addr_t dma;
	u32 sum;
};

static void two_way_full(struct two_way *t)
{
	t->sum += t->block[0]; // want coherency-missing-sync
}

int two_way_start(struct two_way *t)
{
	t->block = kzalloc(512, GFP_KERNEL);
	if (!t->block)
		return -ENOMEM;
	t->dma = dma_map_single(t->dev, t->block, 512, DMA_FROM_DEVICE);
	if (dma_mapping_error(t->dev, t->dma)) {
		kfree(t->block);
		return -EIO;
	}
	t->full = two_way_full;
	return 0;
}

void two_way_stop(struct two_way *t)
{
	dma_unmap_single(t->dev, t->dma, 512, DMA_FROM_DEVICE);
	kfree(t->block);
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
	dma_unmap_single(s->dev, s->dma, s->busy, DMA_TO_DEVICE);
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
	s->dma = dma_map_single(s->dev, data, bytes, DMA_TO_DEVICE); // want dma-mapping-error-unchecked
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
		dma_addr_t dma = dma_map_page(r->dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want dma-leak

		if (dma_mapping_error(r->dev, dma)) {
			r->filled = first;
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
		dma_unmap_page(t->dev, t->dma, bytes, DMA_FROM_DEVICE); // want dma-unmap-size
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

	first = dma_map_single(r->dev, data, r->data_bytes, DMA_FROM_DEVICE); // want dma-leak
	if (dma_mapping_error(r->dev, first))
		return -EIO;
	second = dma_map_single(r->dev, tail, r->tail_bytes, DMA_FROM_DEVICE);
	if (dma_mapping_error(r->dev, second)) {
		dma_unmap_single(r->dev, first, r->data_bytes, DMA_FROM_DEVICE);
		return -EIO;
	}
	if (!wait_for_completion_timeout(r->done, 100))
		return -EIO;
	dma_unmap_single(r->dev, second, r->data_bytes, DMA_FROM_DEVICE); // want dma-unmap-size
	dma_unmap_single(r->dev, first, r->data_bytes, DMA_FROM_DEVICE);
	return r->status & 1 ? -EIO : err;
}
