// SPDX-License-Identifier: GPL-2.0-only
#include "kernel.h"

/* Samples that are put into a buffer which stays mapped. */
struct player { struct device *dev; void *regs; u8 *samples; dma_addr_t dma; };
struct player_ops {
	int (*open)(struct player *p);
	void (*close)(struct player *p);
	void (*fill)(struct player *p, u32 pos);
};

static int player_open(struct player *p)
{
	p->samples = kzalloc(4096, GFP_KERNEL);
	if (!p->samples)
		return -ENOMEM;
	p->dma = dma_map_single(p->dev, p->samples, 4096, DMA_TO_DEVICE);
	if (!dma_mapping_error(p->dev, p->dma))
		return 0;
	kfree(p->samples);
	return -EIO;
}

static void player_close(struct player *p)
{
	dma_unmap_single(p->dev, p->dma, 4096, DMA_TO_DEVICE);
	kfree(p->samples);
}

static void player_fill(struct player *p, u32 pos)
{
	u32 off = pos % 64 * 32;

	dma_sync_single_for_cpu(p->dev, p->dma + off, 32, DMA_TO_DEVICE);
	p->samples[off] = 1; /*@otherpart*/
	dma_sync_single_for_device(p->dev, p->dma + off, 32, DMA_TO_DEVICE); //~otherpart:coherency-missing-sync dma_sync_single_for_device(p->dev, p->dma, 32, DMA_TO_DEVICE);
}

const struct player_ops player_ops = {
	.open = player_open, .close = player_close, .fill = player_fill,
};
