// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who still runs when a teardown has begun, done wrong; `ending.c` does the same right.
 */
#include "kernel.h"
#include "between.h"

/* The interrupt may come until free_irq() returns, and the work run until it is cancelled. */
struct watcher {
	struct device *dev;
	struct work work;
	u32 *status, *block;
	dma_addr_t status_dma, dma;
	u32 sum;
};

static int watcher_irq(int irq, void *data)
{
	struct watcher *w = data;

	w->sum += w->status[0]; // want c-use-after-free
	return 1;
}

static void watcher_work(struct work *work)
{
	struct watcher *w = (struct watcher *)((char *)work - __builtin_offsetof(struct watcher, work));

	dma_sync_single_for_cpu(w->dev, w->dma, 64, DMA_FROM_DEVICE); // want dma-sync-unmapped
	w->sum += w->block[0];
	dma_sync_single_for_device(w->dev, w->dma, 64, DMA_FROM_DEVICE);
}

int watcher_start(struct watcher *w, int irq)
{
	w->work.func = watcher_work;
	w->status = dma_alloc_coherent(w->dev, 64, &w->status_dma, GFP_KERNEL);
	if (!w->status)
		return -ENOMEM;
	w->block = kzalloc(64, GFP_KERNEL);
	if (!w->block)
		goto free_status;
	w->dma = dma_map_single(w->dev, w->block, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(w->dev, w->dma))
		goto free_block;
	if (!request_irq(irq, watcher_irq, 0, "watcher", w))
		return 0;
	dma_unmap_single(w->dev, w->dma, 64, DMA_FROM_DEVICE);
free_block:
	kfree(w->block);
free_status:
	dma_free_coherent(w->dev, 64, w->status, w->status_dma);
	return -EIO;
}

void watcher_stop(struct watcher *w, int irq)
{
	dma_free_coherent(w->dev, 64, w->status, w->status_dma);
	free_irq(irq, w);
	dma_unmap_single(w->dev, w->dma, 64, DMA_FROM_DEVICE);
	kfree(w->block);
	cancel_work_sync(&w->work);
}
