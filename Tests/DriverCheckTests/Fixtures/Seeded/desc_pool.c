// SPDX-License-Identifier: GPL-2.0-only
/* a transfer is a chain of blocks from a pool, each with the address of the next */
#include "kernel.h"

struct dma_pool *dma_pool_create(const char *, struct device *, size_t, size_t, size_t);
void dma_pool_destroy(struct dma_pool *);
void *dma_pool_alloc(struct dma_pool *, gfp_t, dma_addr_t *);
void dma_pool_free(struct dma_pool *, void *, dma_addr_t);

#define LINKS 3

struct link {
	u64 addr;
	u64 next;
};

struct chain {
	struct device *dev;
	struct dma_pool *pool;
	struct link *link[LINKS];
	dma_addr_t dma[LINKS];
	u32 used;
	dma_addr_t data;
	u64 *head;
	dma_addr_t head_dma;
};

static void chain_drop(struct chain *c)
{
	dma_addr_t dma = c->dma[0], next;
	u32 i;

	for (i = 0; i < c->used; i++) {
		next = c->link[i]->next; //~late:c-use-after-free dma_pool_free(c->pool, c->link[i], dma); dma = c->link[i]->next;
		dma_pool_free(c->pool, c->link[i], dma); //~late2:c-double-free dma_pool_free(c->pool, c->link[i], dma); dma_pool_free(c->pool, c->link[i], dma);
		dma = next;
	}
	c->used = 0;
}

int chain_open(struct chain *c, void *data, struct device *dev)
{
	u32 i;

	c->dev = dev;
	c->used = 0;
	c->pool = dma_pool_create("links", dev, sizeof(struct link), 16, 0);
	if (!c->pool)
		return -ENOMEM;
	c->head = dma_alloc_coherent(dev, 64, &c->head_dma, GFP_KERNEL);
	if (!c->head)
		goto no_head;
	c->data = dma_map_single(dev, data, LINKS * 64, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, c->data))
		goto no_data;
	for (i = 0; i < LINKS; i++) {
		c->link[i] = dma_pool_alloc(c->pool, GFP_KERNEL, &c->dma[i]); /*@kept*/
		if (!c->link[i])
			goto no_link;
		c->used++;
		c->link[i]->addr = c->data + 64 * i; //~past:c-out-of-bounds c->link[i][1].addr = c->data + 64 * i;
		c->link[i]->next = 0;
		if (i > 0)
			c->link[i - 1]->next = c->dma[i];
	}
	c->head[0] = c->dma[0];
	return 0;

no_link:
	chain_drop(c);
	dma_unmap_single(dev, c->data, LINKS * 64, DMA_TO_DEVICE);
no_data:
	dma_free_coherent(dev, 64, c->head, c->head_dma);
no_head:
	dma_pool_destroy(c->pool);
	return -ENOMEM;
}

void chain_close(struct chain *c)
{
	chain_drop(c); //~kept:c-memory-leak c->used = 0;
	dma_unmap_single(c->dev, c->data, LINKS * 64, DMA_TO_DEVICE);
	c->head[0] = 0; //~gone:c-use-after-free dma_free_coherent(c->dev, 64, c->head, c->head_dma); c->head[0] = 0; return;
	dma_free_coherent(c->dev, 64, c->head, c->head_dma);
	dma_pool_destroy(c->pool);
}
