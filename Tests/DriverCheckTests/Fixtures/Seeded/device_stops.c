// SPDX-License-Identifier: GPL-2.0-only
/* Devices that are stopped before they lose their memory, or look as if they were not. */
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
	writel(0, s->regs + 8); //~late:dma-use-after-unmap ;
	dma_unmap_single(s->dev, s->dma, 64, DMA_FROM_DEVICE); /*@late*/
	kfree(s->words);
	writel(0, s->regs);
}

/* Another file of the driver stops it. */
struct player { struct device *dev; void *regs; u32 *words; dma_addr_t dma; };
void player_halt(struct player *);

int player_open(struct player *p)
{
	p->words = dma_alloc_coherent(p->dev, 256, &p->dma, GFP_KERNEL);
	if (!p->words)
		return -ENOMEM;
	writeq(p->dma, p->regs);
	return 0;
}

void player_close(struct player *p)
{
	player_halt(p);
	dma_free_coherent(p->dev, 256, p->words, p->dma);
	writel(0, p->regs + 8);
}

/* What is done makes room for the next. */
struct feeder { struct device *dev; void *regs; dma_addr_t dma; };

int feeder_queue(struct feeder *f, void *words)
{
	f->dma = dma_map_single(f->dev, words, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(f->dev, f->dma))
		return -EIO;
	writeq(f->dma, f->regs);
	return 0;
}

void feeder_complete(struct feeder *f)
{
	dma_unmap_single(f->dev, f->dma, 64, DMA_TO_DEVICE);
	writel(1, f->regs + 8);
}

/* The same after a wait that may end without an answer, which is left to the completion. */
struct pacer { struct device *dev; void *regs; void *done; dma_addr_t dma; };

int pacer_queue(struct pacer *p, void *words)
{
	p->dma = dma_map_single(p->dev, words, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(p->dev, p->dma))
		return -EIO;
	writeq(p->dma, p->regs);
	wait_for_completion_timeout(p->done, 100);
	return 0;
}

void pacer_complete(struct pacer *p)
{
	dma_unmap_single(p->dev, p->dma, 64, DMA_TO_DEVICE);
	writel(1, p->regs + 8);
}

/* Nothing has been started. */
struct table { struct device *dev; void *regs; u32 *words; dma_addr_t dma; };

int table_create(struct table *t)
{
	t->words = dma_alloc_coherent(t->dev, 256, &t->dma, GFP_KERNEL);
	return t->words ? 0 : -ENOMEM;
}

void table_destroy(struct table *t)
{
	dma_free_coherent(t->dev, 256, t->words, t->dma);
	writel(0, t->regs);
}

/* What does not answer in time is stopped. */
struct writer { struct device *dev; void *regs; void *done; };

int writer_write(struct writer *w, void *words)
{
	dma_addr_t dma = dma_map_single(w->dev, words, 64, DMA_TO_DEVICE);
	int ret = 0;

	if (dma_mapping_error(w->dev, dma))
		return -EIO;
	writeq(dma, w->regs);
	if (!wait_for_completion_timeout(w->done, 100)) {
		writel(0, w->regs + 8); //~unanswered:dma-use-after-unmap ;
		ret = -EIO;
	}
	dma_unmap_single(w->dev, dma, 64, DMA_TO_DEVICE); /*@unanswered*/
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
	dma_unmap_single(p->chan->device->dev, p->dma, 64, DMA_FROM_DEVICE); //~itself:dma-unmap-unknown dma_unmap_single(p->dev, p->dma, 64, DMA_FROM_DEVICE);
}
