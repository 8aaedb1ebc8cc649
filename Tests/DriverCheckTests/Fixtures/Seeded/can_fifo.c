// SPDX-License-Identifier: GPL-2.0-only
/* a CAN controller: a ring of frames for both ways, mapped as one block each, at open */
#include "kernel.h"
#include "subsystems.h"

#define CF_FRAME 72

struct cf_ring {
	u8 *mem;
	dma_addr_t dma;
	size_t bytes;
};

struct cf_priv {
	struct device *dev;
	void *regs;
	struct cf_ring tx, rx;
	u32 tx_depth, rx_depth;
};

int cf_up(struct cf_priv *p);
void cf_down(struct cf_priv *p);

static int cf_ring_alloc(struct cf_priv *p, struct cf_ring *r, u32 depth, enum dma_data_direction dir)
{
	r->bytes = (size_t)depth * CF_FRAME;
	r->mem = kzalloc(r->bytes, GFP_KERNEL); /*@memleak*/
	if (!r->mem)
		return -ENOMEM;
	r->dma = dma_map_single(p->dev, r->mem, r->bytes, dir); /*@rxleft*/ /*@upfail*/
	if (dma_mapping_error(p->dev, r->dma)) {
		kfree(r->mem); //~memleak:c-memory-leak ;
		r->mem = NULL;
		return -ENOMEM;
	}
	return 0;
}

static void cf_ring_free(struct cf_priv *p, struct cf_ring *r, enum dma_data_direction dir)
{
	if (!r->mem)
		return;
	dma_unmap_single(p->dev, r->dma, r->bytes, dir); /*@swapdir*/ //~fixdir:dma-unmap-direction dma_unmap_single(p->dev, r->dma, r->bytes, DMA_BIDIRECTIONAL); //~depth:dma-unmap-size dma_unmap_single(p->dev, r->dma, p->tx_depth, dir);
	kfree(r->mem);
	r->mem = NULL;
}

int cf_open(struct cf_priv *p)
{
	int ret;

	ret = cf_ring_alloc(p, &p->rx, p->rx_depth, DMA_FROM_DEVICE);
	if (ret)
		return ret;
	ret = cf_ring_alloc(p, &p->tx, p->tx_depth, DMA_TO_DEVICE);
	if (ret)
		goto free_rx; //~rxleft:dma-leak return ret;
	ret = cf_up(p);
	if (ret)
		goto free_tx; //~upfail:dma-leak goto free_rx;
	return 0;
free_tx:
	cf_ring_free(p, &p->tx, DMA_TO_DEVICE);
free_rx:
	cf_ring_free(p, &p->rx, DMA_FROM_DEVICE);
	return ret;
}

void cf_close(struct cf_priv *p)
{
	cf_down(p);
	cf_ring_free(p, &p->tx, DMA_TO_DEVICE);
	cf_ring_free(p, &p->rx, DMA_FROM_DEVICE); //~swapdir:dma-unmap-direction cf_ring_free(p, &p->rx, DMA_TO_DEVICE);
}
