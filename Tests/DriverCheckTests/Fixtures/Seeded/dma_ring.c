// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include "resources.h"

#define RING_BYTES PAGE_SIZE
#define HEADER_BYTES 64

struct ring_desc {
	u64 addr;
	u64 len;
};

struct ring_dev {
	struct device *dev;
	struct clk *clk;
	struct mutex lock;
	struct ring_desc *desc;
	dma_addr_t desc_dma;
	struct page *page;
	dma_addr_t header, body;
	void *regs;
};

int ring_reset(struct ring_dev *r);

/* A ladder: each step that fails undoes those before it. */
int ring_probe(struct ring_dev *r)
{
	int err;

	err = clk_prepare_enable(r->clk);
	if (err)
		return err;
	mutex_lock(&r->lock);
	err = ring_reset(r);
	if (err)
		goto unlock; //~early:early-return-skips-cleanup return err; //~rung:early-return-skips-cleanup goto disable;
	r->desc = dma_alloc_coherent(r->dev, RING_BYTES, &r->desc_dma, GFP_KERNEL);
	if (!r->desc) {
		err = -ENOMEM;
		goto unlock;
	}
	r->page = alloc_page(GFP_KERNEL);
	if (!r->page) {
		err = -ENOMEM;
		goto free_desc;
	}
	r->header = dma_map_page(r->dev, r->page, 0, HEADER_BYTES, DMA_FROM_DEVICE);
	if (dma_mapping_error(r->dev, r->header)) {
		err = -EIO;
		goto free_page;
	}
	r->body = dma_map_page(r->dev, r->page, HEADER_BYTES, 1024, DMA_FROM_DEVICE); //~lap:dma-overlap r->body = dma_map_page(r->dev, r->page, 0, 1024, DMA_FROM_DEVICE);
	if (dma_mapping_error(r->dev, r->body)) {
		err = -EIO;
		goto unmap_header;
	}
	r->desc[0].addr = r->header;
	r->desc[1].addr = r->body;
	writeq(r->desc_dma, r->regs);
	mutex_unlock(&r->lock);
	return 0;

unmap_header:
	dma_unmap_page(r->dev, r->header, HEADER_BYTES, DMA_FROM_DEVICE);
free_page:
	__free_page(r->page);
free_desc:
	dma_free_coherent(r->dev, RING_BYTES, r->desc, r->desc_dma);
unlock:
	mutex_unlock(&r->lock);
disable:
	clk_disable_unprepare(r->clk);
	return err;
}

void ring_remove(struct ring_dev *r)
{
	dma_sync_single_for_cpu(r->dev, r->header, HEADER_BYTES, DMA_FROM_DEVICE);
	dma_unmap_page(r->dev, r->body, 1024, DMA_FROM_DEVICE); //~after:dma-sync-unmapped dma_unmap_page(r->dev, r->body, 1024, DMA_FROM_DEVICE); dma_sync_single_for_cpu(r->dev, r->body, 64, DMA_FROM_DEVICE);
	dma_unmap_page(r->dev, r->header, HEADER_BYTES, DMA_FROM_DEVICE); //~reuse:dma-use-after-unmap dma_unmap_page(r->dev, r->header, HEADER_BYTES, DMA_FROM_DEVICE); writeq(r->header, r->regs);
	__free_page(r->page);
	dma_free_coherent(r->dev, RING_BYTES, r->desc, r->desc_dma); //~cpu:dma-free-cpu-address dma_free_coherent(r->dev, RING_BYTES, r->desc + 1, r->desc_dma);
	clk_disable_unprepare(r->clk);
}
