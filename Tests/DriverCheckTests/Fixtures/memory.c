// SPDX-License-Identifier: GPL-2.0-only
/* Mistakes of C around a mapping. */
#include "kernel.h"

struct vec { struct device *dev; struct page **pages; dma_addr_t dma; };

int bulk_map(struct device *dev, struct page ***out, u32 count)
{
	struct page **list = kcalloc(4, sizeof(*list), GFP_KERNEL);
	dma_addr_t dma;
	int got, i;

	if (!list)
		return -ENOMEM;
	*out = list;
	got = alloc_pages_bulk(GFP_KERNEL, 4, list);
	if (got < 4) {
		for (i = got - 1; i >= 0; i--)
			__free_page(*out[i]); // want c-out-of-bounds
		kfree(list);
		return -ENOMEM;
	}
	dma = dma_map_page(dev, list[0], 0, PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma)) {
		for (i = 0; i < 4; i++)
			__free_page(list[i]);
		kfree(list);
		return -EIO;
	}
	return 0;
}

struct null { struct device *dev; u32 *words; dma_addr_t dma; };

int null_map(struct null *s)
{
	s->words = kmalloc(64, GFP_KERNEL);
	s->words[0] = 1; // want c-null-dereference
	s->dma = dma_map_single(s->dev, s->words, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->dma)) {
		kfree(s->words);
		return -EIO;
	}
	return 0;
}

void null_unmap(struct null *s)
{
	dma_unmap_single(s->dev, s->dma, 64, DMA_TO_DEVICE);
	kfree(s->words);
}

struct late { struct device *dev; u32 *words; dma_addr_t dma; };

int late_map(struct late *s)
{
	s->words = kzalloc(64, GFP_KERNEL);
	if (!s->words)
		return -ENOMEM;
	s->dma = dma_map_single(s->dev, s->words, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->dma)) {
		kfree(s->words);
		return -(int)s->words[0] - EIO; // want c-use-after-free
	}
	return 0;
}

void late_unmap(struct late *s)
{
	dma_unmap_single(s->dev, s->dma, 64, DMA_TO_DEVICE);
	kfree(s->words);
}

int twice_free_map(struct device *dev, dma_addr_t *out)
{
	void *data = kzalloc(64, GFP_KERNEL);

	if (!data)
		return -ENOMEM;
	*out = dma_map_single(dev, data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, *out)) {
		kfree(data);
		kfree(data); // want c-double-free
		return -EIO;
	}
	return 0;
}

int lost_map(struct device *dev, dma_addr_t *out)
{
	void *data = kzalloc(64, GFP_KERNEL); // want c-memory-leak

	if (!data)
		return -ENOMEM;
	*out = dma_map_single(dev, data, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, *out))
		return -EIO;
	return 0;
}

int forgot_map(struct device *dev, struct page *page, dma_addr_t *out, u32 len)
{
	int err;

	*out = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, *out))
		return err; // want c-uninitialised-read
	return 0;
}

/* An input whose first value maps nothing has it in one of the runs all the same. */
struct sort { struct device *dev; void *data; dma_addr_t dma; };

int sort_map(struct sort *s, u32 kind)
{
	u32 *note;

	if (kind == 3) {
		note = kmalloc(64, GFP_KERNEL);
		if (!note)
			return -ENOMEM;
		note[0] = kind;
		kfree(note);
		return note[0] ? 0 : -EIO; // want c-use-after-free
	}
	s->dma = dma_map_single(s->dev, s->data, 64, DMA_TO_DEVICE);
	return dma_mapping_error(s->dev, s->dma) ? -EIO : 0;
}

void sort_unmap(struct sort *s)
{
	dma_unmap_single(s->dev, s->dma, 64, DMA_TO_DEVICE);
}

/* Memory of no bytes lies close to NULL: a member of NULL is not taken for it. */
struct tailed { u32 head[8]; u32 tail; };
struct spare { struct device *dev; u32 *extra; struct tailed *words; dma_addr_t dma; };

int spare_map(struct spare *s)
{
	s->extra = kcalloc(0, sizeof(*s->extra), GFP_KERNEL);
	if (!s->extra)
		return -ENOMEM;
	s->words = kmalloc(sizeof(*s->words), GFP_KERNEL);
	s->words->tail = 1; // want c-null-dereference
	s->dma = dma_map_single(s->dev, s->words, sizeof(*s->words), DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->dma)) {
		kfree(s->words);
		kfree(s->extra);
		return -EIO;
	}
	return 0;
}

void spare_unmap(struct spare *s)
{
	dma_unmap_single(s->dev, s->dma, sizeof(*s->words), DMA_TO_DEVICE);
	kfree(s->words);
	kfree(s->extra);
}
