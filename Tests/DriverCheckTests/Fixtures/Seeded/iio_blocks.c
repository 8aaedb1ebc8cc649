// SPDX-License-Identifier: GPL-2.0-only
/* sampled data: blocks that go round between a process and the device, on two lists */
#include "kernel.h"
#include "subsystems.h"

struct ib_block {
	struct list_head head;
	u8 *data;
	dma_addr_t dma;
	size_t size;
};

struct ib_queue {
	struct device *dev;
	struct list_head incoming;
	unsigned int num;
};

static void ib_block_free(struct ib_queue *q, struct ib_block *b)
{
	dma_unmap_single(q->dev, b->dma, b->size, DMA_FROM_DEVICE); /*@nosize*/ //~unmapless:dma-leak ;
	kfree(b->data);
	kfree(b);
}

static struct ib_block *ib_block_alloc(struct ib_queue *q, size_t size)
{
	struct ib_block *b = kzalloc(sizeof(*b), GFP_KERNEL); /*@blockleak*/

	if (!b)
		return NULL;
	b->size = size; //~nosize:dma-unmap-size b->size = size + 8;
	b->data = kzalloc(size, GFP_KERNEL);
	if (!b->data) {
		kfree(b); //~blockleak:c-memory-leak ;
		return NULL;
	}
	b->dma = dma_map_single(q->dev, b->data, size, DMA_FROM_DEVICE); /*@unmapless*/ /*@lists*/
	if (dma_mapping_error(q->dev, b->dma)) {
		kfree(b->data);
		kfree(b); //~double:c-double-free kfree(b->data);
		return NULL;
	}
	return b;
}

void ib_disable(struct ib_queue *q)
{
	struct ib_block *b, *tmp;

	list_for_each_entry_safe_reverse(b, tmp, &q->incoming, head) {
		list_del(&b->head);
		ib_block_free(q, b);
	}
}

int ib_enable(struct ib_queue *q, size_t size)
{
	unsigned int i;

	INIT_LIST_HEAD(&q->incoming);
	for (i = 0; i < q->num; i++) {
		struct ib_block *b = ib_block_alloc(q, size);

		if (!b) {
			ib_disable(q); //~lists:dma-leak INIT_LIST_HEAD(&q->incoming);
			return -ENOMEM;
		}
		list_add_tail(&b->head, &q->incoming);
	}
	return 0;
}
