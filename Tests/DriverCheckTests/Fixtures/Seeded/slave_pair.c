// SPDX-License-Identifier: GPL-2.0-only
/* a client of a DMA engine: one map each for the two devices that serve the two ways */
#include "kernel.h"
#include "subsystems.h"

struct sp_chan { struct device *dev; };
struct sp_xfer { const void *tx_buf; void *rx_buf; unsigned int len; dma_addr_t tx_dma, rx_dma; };
struct sp_host { struct device *dev; struct sp_chan *tx, *rx; };

int sp_submit(struct sp_chan *c, dma_addr_t dma, unsigned int len);

static void sp_unmap(struct sp_host *h, struct sp_xfer *x)
{
	if (x->rx_buf)
		dma_unmap_single(h->rx->dev, x->rx_dma, x->len, DMA_FROM_DEVICE);
	if (x->tx_buf)
		dma_unmap_single(h->tx->dev, x->tx_dma, x->len, DMA_TO_DEVICE); //~dir:dma-unmap-direction dma_unmap_single(h->tx->dev, x->tx_dma, x->len, DMA_FROM_DEVICE); //~word:dma-unmap-size dma_unmap_single(h->tx->dev, x->tx_dma, x->len * sizeof(u32), DMA_TO_DEVICE);
}

int sp_map(struct sp_host *h, struct sp_xfer *x)
{
	if (x->tx_buf) {
		x->tx_dma = dma_map_single(h->tx->dev, (void *)x->tx_buf, x->len, DMA_TO_DEVICE); /*@txleft*/ /*@sub*/
		if (dma_mapping_error(h->tx->dev, x->tx_dma))
			return -ENOMEM;
	}
	if (x->rx_buf) {
		x->rx_dma = dma_map_single(h->rx->dev, x->rx_buf, x->len, DMA_FROM_DEVICE); /*@nocheck*/
		if (dma_mapping_error(h->rx->dev, x->rx_dma)) { //~nocheck:dma-mapping-error-unchecked if (x->rx_dma == 0) {
			if (x->tx_buf) //~txleft:dma-leak if (!x->tx_buf)
				dma_unmap_single(h->tx->dev, x->tx_dma, x->len, DMA_TO_DEVICE);
			return -ENOMEM;
		}
	}
	if (sp_submit(h->tx, x->tx_dma, x->len)) {
		sp_unmap(h, x); //~sub:dma-leak x->len = 0;
		return -EIO;
	}
	return 0;
}

void sp_unmap_done(struct sp_host *h, struct sp_xfer *x);
void sp_unmap_done(struct sp_host *h, struct sp_xfer *x)
{
	sp_unmap(h, x);
}
