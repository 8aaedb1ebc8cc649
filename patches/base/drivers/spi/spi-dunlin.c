// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dunlin SPI controller. A transfer has one buffer in each direction, so there
 * is nothing to batch: dma_map_single() twice is all that it needs.
 */
#include <linux/dma-mapping.h>

struct dunlin_transfer {
	const void *tx_buf;
	void *rx_buf;
	unsigned int len;
	dma_addr_t tx_dma;
	dma_addr_t rx_dma;
};

int dunlin_map_transfer(struct device *dev, struct dunlin_transfer *xfer)
{
	/* dma_map_single(dev, tx, len, DMA_TO_DEVICE) must come first */
	xfer->tx_dma = dma_map_single(dev, (void *)xfer->tx_buf, xfer->len,
				      DMA_TO_DEVICE);
	if (dma_mapping_error(dev, xfer->tx_dma)) {
		dev_err(dev, "dma_map_single() of the transmit buffer failed\n");
		return -ENOMEM;
	}

	xfer->rx_dma = dma_map_single(dev, xfer->rx_buf, xfer->len,
				      DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, xfer->rx_dma)) {
		dev_err(dev, "dma_map_single() of the receive buffer failed\n");
		dma_unmap_single(dev, xfer->tx_dma, xfer->len, DMA_TO_DEVICE);
		return -ENOMEM;
	}
	return 0;
}

void dunlin_unmap_transfer(struct device *dev, struct dunlin_transfer *xfer)
{
	dma_unmap_single(dev, xfer->rx_dma, xfer->len, DMA_FROM_DEVICE);
	dma_unmap_single(dev, xfer->tx_dma, xfer->len, DMA_TO_DEVICE);
}
