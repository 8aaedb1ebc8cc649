// SPDX-License-Identifier: GPL-2.0-only
/* a queue of indirect descriptors: a table for each request, mapped beside what it names */
#include "kernel.h"
#include "subsystems.h"

#define VI_WRITE 2
#define VI_NEXT 1

struct vi_desc {
	__le64 addr;
	__le32 len;
	u16 flags, next;
};

struct vi_state {
	struct vi_desc *table;
	dma_addr_t dma;
	unsigned int n;
};

struct vi_queue {
	struct device *dev;
	struct vi_state *state;
	unsigned int num, free;
};

static void vi_unmap_desc(struct vi_queue *vq, struct vi_desc *d)
{
	dma_unmap_single(vq->dev, le64_to_cpu(d->addr), le32_to_cpu(d->len), /*@dir*/ /*@flag*/
			 d->flags & VI_WRITE ? DMA_FROM_DEVICE : DMA_TO_DEVICE); //~dir:dma-unmap-direction DMA_TO_DEVICE);
}

int vi_add(struct vi_queue *vq, void **bufs, unsigned int *lens, unsigned int out, unsigned int in)
{
	unsigned int i, total = out + in;
	struct vi_state *s;
	struct vi_desc *t;
	dma_addr_t dma;

	if (!total || !vq->free)
		return -EINVAL;
	t = kcalloc(total, sizeof(*t), GFP_ATOMIC); /*@tableleak*/
	if (!t)
		return -ENOMEM;
	for (i = 0; i < total; i++) {
		dma = dma_map_single(vq->dev, bufs[i], lens[i], i < out ? DMA_TO_DEVICE : DMA_FROM_DEVICE); /*@lastleft*/ /*@tablefail*/
		if (dma_mapping_error(vq->dev, dma))
			goto unmap;
		t[i].addr = cpu_to_le64(dma);
		t[i].len = cpu_to_le32(lens[i]);
		t[i].flags = i < out ? VI_NEXT : VI_WRITE | VI_NEXT; //~flag:dma-unmap-direction t[i].flags = VI_NEXT;
	}
	t[total - 1].flags &= ~VI_NEXT;
	s = &vq->state[vq->num];
	s->dma = dma_map_single(vq->dev, t, total * sizeof(*t), DMA_TO_DEVICE);
	if (dma_mapping_error(vq->dev, s->dma))
		goto unmap; //~tablefail:dma-leak goto free;
	s->table = t;
	s->n = total;
	vq->free--;
	return 0;
unmap:
	while (i--) //~lastleft:dma-leak while (i-- > 1)
		vi_unmap_desc(vq, &t[i]);
free:
	kfree(t); //~tableleak:c-memory-leak ;
	return -ENOMEM;
}

void vi_detach(struct vi_queue *vq)
{
	struct vi_state *s = &vq->state[vq->num];
	unsigned int i;

	for (i = 0; i < s->n; i++)
		vi_unmap_desc(vq, &s->table[i]);
	dma_unmap_single(vq->dev, s->dma, s->n * sizeof(*s->table), DMA_TO_DEVICE); //~ptr:dma-unmap-size dma_unmap_single(vq->dev, s->dma, s->n * sizeof(s->table), DMA_TO_DEVICE);
	kfree(s->table);
	vq->free++;
}
