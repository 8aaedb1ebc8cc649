// SPDX-License-Identifier: GPL-2.0-only
// Sizes that their types do not hold: a shift, a product, a sum, a conversion.
#include "resources.h"

struct table {
	struct device *dev;
	void *entries;
	dma_addr_t addr;
	u32 bytes;
};

// The number of pages is wide enough, the number of bytes is not.
int table_map(struct table *t, unsigned long npages)
{
	u32 len = npages << PAGE_SHIFT; // want c-integer-overflow

	t->entries = kmalloc(len, GFP_KERNEL);
	if (!t->entries)
		return -ENOMEM;
	t->addr = dma_map_single(t->dev, t->entries, len, DMA_TO_DEVICE);
	if (dma_mapping_error(t->dev, t->addr)) {
		kfree(t->entries);
		return -EIO;
	}
	t->bytes = len;
	return 0;
}

void table_unmap(struct table *t)
{
	dma_unmap_single(t->dev, t->addr, t->bytes, DMA_TO_DEVICE);
	kfree(t->entries);
}

struct command {
	u32 count;
	u32 words;
};

struct queue {
	struct device *dev;
	struct page *page;
	dma_addr_t addr;
	u32 *ring;
	u32 bytes;
};

// A process says how many entries it wants, and the product is made in 32 bits.
int queue_create(struct queue *q, const void *arg)
{
	struct command cmd;
	u32 i;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	if (!cmd.count)
		return -EINVAL;
	q->bytes = cmd.count * 64; // want c-integer-overflow
	q->ring = kzalloc(q->bytes, GFP_KERNEL);
	if (!q->ring)
		return -ENOMEM;
	for (i = 0; i < cmd.count; i++)
		q->ring[i * 16] = i;
	q->addr = dma_map_single(q->dev, q->ring, q->bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(q->dev, q->addr)) {
		kfree(q->ring);
		return -EIO;
	}
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

// The sum wraps, and the check lets it through.
int window_setup(struct window *w, const void *arg)
{
	struct range r;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	if (r.offset + r.length > WINDOW_BYTES) // want c-integer-overflow
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

struct stream {
	struct device *dev;
	struct dma_iova_state state;
	struct page **pages;
	unsigned int count;
};

// The IOVA space is as small as what is left of the product.
int stream_map(struct stream *s, unsigned int count)
{
	unsigned int i, bytes = count * 4096; // want c-integer-overflow
	size_t mapped = 0;
	int err;

	if (!count)
		return -EINVAL;
	if (!dma_iova_try_alloc(s->dev, &s->state, page_to_phys(s->pages[0]), bytes)) // want iova-missing-fallback
		return -EINVAL; // there is no fallback: the device needs one range
	for (i = 0; i < count; i++) {
		err = dma_iova_link(s->dev, &s->state, page_to_phys(s->pages[i]), mapped, PAGE_SIZE,
				    DMA_TO_DEVICE, 0);
		if (err)
			goto destroy;
		mapped += PAGE_SIZE;
	}
	err = dma_iova_sync(s->dev, &s->state, 0, mapped);
	if (err)
		goto destroy;
	s->count = count;
	return 0;
destroy:
	dma_iova_destroy(s->dev, &s->state, mapped, DMA_TO_DEVICE, 0);
	return err;
}

void stream_unmap(struct stream *s)
{
	dma_iova_destroy(s->dev, &s->state, s->count * PAGE_SIZE, DMA_TO_DEVICE, 0);
}
