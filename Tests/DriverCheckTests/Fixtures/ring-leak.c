// SPDX-License-Identifier: GPL-2.0-only
/* The same ring by careless hands: an error path for each kind of mistake. */
#include "kernel.h"

struct buf { void *data; dma_addr_t dma; u32 len; };
struct rx { struct device *dev; struct buf bufs[2]; };

int rx_start(struct rx *rx);

int rx_map(struct rx *rx)
{
	rx->bufs[0].data = kmalloc(256, GFP_KERNEL);
	if (!rx->bufs[0].data)
		return -ENOMEM;
	rx->bufs[0].dma = dma_map_single(rx->dev, rx->bufs[0].data, 256, DMA_FROM_DEVICE); // want dma-leak
	if (dma_mapping_error(rx->dev, rx->bufs[0].dma)) {
		kfree(rx->bufs[0].data);
		return -EIO;
	}
	rx->bufs[1].data = kmalloc(256, GFP_KERNEL);
	if (!rx->bufs[1].data) {
		kfree(rx->bufs[0].data);
		return -ENOMEM;
	}
	rx->bufs[1].dma = dma_map_single(rx->dev, rx->bufs[1].data, 256, DMA_FROM_DEVICE);
	if (dma_mapping_error(rx->dev, rx->bufs[1].dma)) {
		dma_unmap_single(rx->dev, rx->bufs[0].dma, 256, DMA_FROM_DEVICE);
		kfree(rx->bufs[1].data);
		kfree(rx->bufs[0].data);
		return -EIO;
	}
	return 0;
}

void rx_unmap(struct rx *rx)
{
	int i;

	for (i = 0; i < 2; i++) {
		dma_unmap_single(rx->dev, rx->bufs[i].dma, 256, DMA_FROM_DEVICE);
		kfree(rx->bufs[i].data);
	}
}

struct tx { struct device *dev; void *data; dma_addr_t dma; u32 len; };

int tx_map(struct tx *tx, void *data, u32 len)
{
	tx->dma = dma_map_single(tx->dev, data, 128, DMA_TO_DEVICE); // want dma-mapping-error-unchecked
	tx->data = data;
	return 0;
}

void tx_unmap(struct tx *tx)
{
	dma_unmap_single(tx->dev, tx->dma, 128, DMA_TO_DEVICE);
}

struct cmd { struct device *dev; dma_addr_t dma; };

int cmd_map(struct cmd *cmd, struct page *page)
{
	cmd->dma = dma_map_page(cmd->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(cmd->dev, cmd->dma) ? -EIO : 0;
}

void cmd_unmap(struct cmd *cmd)
{
	dma_unmap_page(cmd->dev, cmd->dma, 512, DMA_TO_DEVICE); // want dma-unmap-size
}

struct evt { struct device *dev; dma_addr_t dma; };

int evt_map(struct evt *evt, struct page *page)
{
	evt->dma = dma_map_page(evt->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(evt->dev, evt->dma) ? -EIO : 0;
}

void evt_unmap(struct evt *evt)
{
	dma_unmap_page(evt->dev, evt->dma, PAGE_SIZE, DMA_FROM_DEVICE); // want dma-unmap-direction
}

struct log { struct device *dev; dma_addr_t dma; };

int log_map(struct log *log, struct page *page)
{
	log->dma = dma_map_page(log->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(log->dev, log->dma) ? -EIO : 0;
}

void log_unmap(struct log *log)
{
	dma_unmap_page(log->dev, log->dma, PAGE_SIZE, DMA_TO_DEVICE);
	dma_unmap_page(log->dev, log->dma, PAGE_SIZE, DMA_TO_DEVICE); // want dma-double-unmap
}

int stack_map(struct device *dev, dma_addr_t *out)
{
	u8 local[64] = { 0 };

	*out = dma_map_single(dev, local, sizeof(local), DMA_TO_DEVICE); // want dma-map-stack
	return dma_mapping_error(dev, *out) ? -EIO : 0;
}
