// SPDX-License-Identifier: GPL-2.0-only
// Sizes that are computed in wide types, or bounded first, or whose lost bits nobody needs.
#include "resources.h"

struct table {
	struct device *dev;
	void *entries;
	dma_addr_t addr;
	size_t bytes;
	u32 hash;
};

int table_map(struct table *t, unsigned long npages)
{
	size_t len = npages << PAGE_SHIFT;

	t->entries = kmalloc(len, GFP_KERNEL);
	if (!t->entries)
		return -ENOMEM;
	t->addr = dma_map_single(t->dev, t->entries, len, DMA_TO_DEVICE); // not dma-map-rodata
	if (dma_mapping_error(t->dev, t->addr)) {
		kfree(t->entries);
		return -EIO;
	}
	t->bytes = len;
	// Lost bits are what a hash is made of.
	t->hash = ((u32)npages * 2654435761u) >> 20;
	return 0;
}

void table_unmap(struct table *t)
{
	dma_unmap_single(t->dev, t->addr, t->bytes, DMA_TO_DEVICE); // not dma-unmap-attrs
	kfree(t->entries);
}

struct command {
	u32 count;
	u32 flags;
};

struct queue {
	struct device *dev;
	dma_addr_t addr;
	u32 *ring;
	u32 bytes;
	void *regs;
};

#define MOST_ENTRIES 1024

int queue_create(struct queue *q, const void *arg)
{
	struct command cmd;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	if (!cmd.count || cmd.count > MOST_ENTRIES)
		return -EINVAL;
	q->bytes = cmd.count * 64;
	q->ring = kzalloc(q->bytes, GFP_KERNEL);
	if (!q->ring)
		return -ENOMEM;
	q->addr = dma_map_single(q->dev, q->ring, q->bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(q->dev, q->addr)) {
		kfree(q->ring);
		return -EIO;
	}
	writel(lower_32_bits(q->addr), q->regs);
	return 0;
}

void queue_destroy(struct queue *q)
{
	dma_unmap_single(q->dev, q->addr, q->bytes, DMA_TO_DEVICE);
	kfree(q->ring);
}

struct window {
	struct device *dev;
	void *base;
	dma_addr_t addr;
	u32 len;
};

#define WINDOW_BYTES 16384

struct range {
	u32 offset;
	u32 length;
};

int window_setup(struct window *w, const void *arg)
{
	struct range r;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	if (r.offset + r.length < r.offset)
		return -EOVERFLOW;
	if (r.offset + r.length > WINDOW_BYTES)
		return -EINVAL;
	w->base = kzalloc(WINDOW_BYTES, GFP_KERNEL);
	if (!w->base)
		return -ENOMEM;
	w->addr = dma_map_single(w->dev, w->base, WINDOW_BYTES, DMA_FROM_DEVICE);
	if (dma_mapping_error(w->dev, w->addr)) {
		kfree(w->base);
		return -EIO;
	}
	w->len = r.length;
	return 0;
}

void window_teardown(struct window *w)
{
	dma_unmap_single(w->dev, w->addr, WINDOW_BYTES, DMA_FROM_DEVICE);
	kfree(w->base);
}

struct list {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int count;
};

// The caller has looked at the count: only it calls this.
static int list_fill(struct list *l, u32 count)
{
	u32 bytes = count * sizeof(*l->addrs);

	l->addrs = kzalloc(bytes, GFP_KERNEL);
	if (!l->addrs)
		return -ENOMEM;
	for (l->count = 0; l->count < count; l->count++) {
		l->addrs[l->count] = dma_map_page(l->dev, l->pages[l->count], 0, PAGE_SIZE,
						  DMA_TO_DEVICE);
		if (dma_mapping_error(l->dev, l->addrs[l->count]))
			goto unmap;
	}
	return 0;
unmap:
	while (l->count--)
		dma_unmap_page(l->dev, l->addrs[l->count], PAGE_SIZE, DMA_TO_DEVICE);
	kfree(l->addrs);
	return -EIO;
}

int list_map(struct list *l, u32 count)
{
	return count > 16 ? -E2BIG : list_fill(l, count);
}

void list_unmap(struct list *l)
{
	while (l->count--)
		dma_unmap_page(l->dev, l->addrs[l->count], PAGE_SIZE, DMA_TO_DEVICE);
	kfree(l->addrs);
}

/* What a subsystem asks for is no more than the buffer that it keeps for it. */
struct noise {
	struct device *dev;
	int (*read)(struct noise *n, void *data, size_t max);
};

static int noise_read(struct noise *n, void *data, size_t max)
{
	u32 bytes = max + 32;
	dma_addr_t dma;
	void *d;

	d = kzalloc(bytes, GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	dma = dma_map_single(n->dev, d, bytes, DMA_FROM_DEVICE);
	if (dma_mapping_error(n->dev, dma)) {
		kfree(d);
		return -EIO;
	}
	dma_unmap_single(n->dev, dma, bytes, DMA_FROM_DEVICE);
	kfree(d);
	return bytes;
}

void noise_init(struct noise *n)
{
	n->read = noise_read;
}
