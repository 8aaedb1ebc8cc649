// SPDX-License-Identifier: GPL-2.0-only
/* a table of buffers as long as its caller says: what is mapped goes before what it lies in */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define MT_BYTES 2048

struct mt {
	struct device *dev;
	unsigned int n;
	void **buf;
	dma_addr_t *dma;
};

static void mt_drop(struct mt *t, unsigned int n)
{
	while (n--) {
		dma_unmap_single(t->dev, t->dma[n], MT_BYTES, DMA_FROM_DEVICE); /*@early*/ //~gone:c-use-after-free kfree(t->buf[n]); dma_unmap_single(t->dev, t->dma[n], MT_BYTES, DMA_FROM_DEVICE); t->buf[n] = NULL;
		kfree(t->buf[n]);
	}
}

int mt_create(struct mt *t, unsigned int n);
int mt_create(struct mt *t, unsigned int n)
{
	unsigned int i;

	t->buf = kcalloc(n, sizeof(*t->buf), GFP_KERNEL);
	if (!t->buf)
		return -ENOMEM;
	t->dma = kcalloc(n, sizeof(*t->dma), GFP_KERNEL);
	if (!t->dma)
		goto free_buf;
	for (i = 0; i < n; i++) {
		t->buf[i] = kmalloc(MT_BYTES, GFP_KERNEL);
		if (!t->buf[i])
			goto drop;
		t->dma[i] = dma_map_single(t->dev, t->buf[i], MT_BYTES, DMA_FROM_DEVICE);
		if (dma_mapping_error(t->dev, t->dma[i])) {
			kfree(t->buf[i]);
			goto drop;
		}
	}
	t->n = n;
	return 0;

drop:
	mt_drop(t, i);
	kfree(t->dma);
free_buf:
	kfree(t->buf);
	return -ENOMEM;
}

void mt_destroy(struct mt *t);
void mt_destroy(struct mt *t)
{
	mt_drop(t, t->n); //~early:c-use-after-free kfree(t->dma); mt_drop(t, t->n); t->dma = NULL;
	kfree(t->dma);
	kfree(t->buf);
}
