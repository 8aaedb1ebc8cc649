// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that lose their memory before they are stopped, or that is unmapped for
 * another; `stops.c` does it right.
 */
#include "kernel.h"
#include "between.h"

struct sampler { struct device *dev; void *regs; u32 *words; dma_addr_t dma; };

int sampler_start(struct sampler *s)
{
	s->words = kzalloc(64, GFP_KERNEL);
	if (!s->words)
		return -ENOMEM;
	s->dma = dma_map_single(s->dev, s->words, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(s->dev, s->dma)) {
		kfree(s->words);
		return -EIO;
	}
	writeq(s->dma, s->regs);
	writel(1, s->regs + 8);
	return 0;
}

void sampler_stop(struct sampler *s)
{
	dma_unmap_single(s->dev, s->dma, 64, DMA_FROM_DEVICE); // want dma-use-after-unmap
	kfree(s->words);
	writel(0, s->regs + 8);
}

/* What does not answer in time is stopped when it is too late. */
struct writer { struct device *dev; void *regs; void *done; };

int writer_write(struct writer *w, void *words)
{
	dma_addr_t dma = dma_map_single(w->dev, words, 64, DMA_TO_DEVICE);
	int ret = 0;

	if (dma_mapping_error(w->dev, dma))
		return -EIO;
	writeq(dma, w->regs);
	if (!wait_for_completion_timeout(w->done, 100))
		ret = -EIO;
	dma_unmap_single(w->dev, dma, 64, DMA_TO_DEVICE); // want dma-use-after-unmap
	writel(0, w->regs + 16);
	return ret;
}

/* A channel of a DMA controller does the transfer. */
struct dma_device { struct device *dev; };
struct dma_chan { struct dma_device *device; };
struct port { struct device *dev; struct dma_chan *chan; void *words; dma_addr_t dma; };

int port_start(struct port *p)
{
	struct device *dev = p->chan->device->dev;

	p->dma = dma_map_single(dev, p->words, 64, DMA_FROM_DEVICE);
	return dma_mapping_error(dev, p->dma) ? -EIO : 0;
}

void port_stop(struct port *p)
{
	dma_unmap_single(p->dev, p->dma, 64, DMA_FROM_DEVICE); // want dma-unmap-unknown
}
