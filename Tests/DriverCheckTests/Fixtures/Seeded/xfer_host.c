// SPDX-License-Identifier: GPL-2.0-only
/* a controller whose requests may lack a buffer, set up and undone by what a pointer of the subsystem calls */
#include <linux/dma-mapping.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spi.h>

#define XH_PAD 4096

struct xh {
	struct device *dev;
	void *pad;
	dma_addr_t pad_dma;
	void *ring;
	dma_addr_t ring_dma;
};

struct xh_map {
	dma_addr_t tx;
	dma_addr_t rx;
	u8 has_rx;
};

int xh_run(struct xh *h, dma_addr_t tx, dma_addr_t rx);

static int xh_map_buffers(struct xh *h, struct spi_transfer *t, struct xh_map *m)
{
	m->has_rx = 0; //~flag:c-uninitialised-read m->rx = 0;
	m->rx = h->pad_dma;
	m->tx = dma_map_single(h->dev, (void *)t->tx_buf, t->len, DMA_TO_DEVICE); /*@txleft*/
	if (dma_mapping_error(h->dev, m->tx))
		return -ENOMEM;
	if (!t->rx_buf)
		return 0;
	m->rx = dma_map_single(h->dev, t->rx_buf, t->len, DMA_FROM_DEVICE);
	if (dma_mapping_error(h->dev, m->rx)) {
		dma_unmap_single(h->dev, m->tx, t->len, DMA_TO_DEVICE); //~txleft:dma-leak ;
		return -ENOMEM;
	}
	m->has_rx = 1;
	return 0;
}

static void xh_unmap_buffers(struct xh *h, struct spi_transfer *t, struct xh_map *m)
{
	if (m->has_rx) /*@flag*/
		dma_unmap_single(h->dev, m->rx, t->len, DMA_FROM_DEVICE);
	dma_unmap_single(h->dev, m->tx, t->len, DMA_TO_DEVICE);
}

static int xh_transfer_one(struct spi_controller *ctlr, struct spi_transfer *t)
{
	struct xh *h = spi_controller_get_devdata(ctlr);
	struct xh_map map;
	int ret;

	ret = xh_map_buffers(h, t, &map);
	if (ret)
		return ret;
	ret = xh_run(h, map.tx, map.rx);
	xh_unmap_buffers(h, t, &map);
	return ret;
}

int xh_setup(struct spi_controller *ctlr);
int xh_setup(struct spi_controller *ctlr)
{
	struct xh *h = spi_controller_get_devdata(ctlr);
	int ret;

	h->ring = dma_alloc_coherent(h->dev, PAGE_SIZE, &h->ring_dma, GFP_KERNEL);
	if (!h->ring)
		return -ENOMEM;
	ret = -ENOMEM;
	h->pad = kzalloc(XH_PAD, GFP_KERNEL);
	if (!h->pad)
		goto free_ring;
	h->pad_dma = dma_map_single(h->dev, h->pad, XH_PAD, DMA_BIDIRECTIONAL); /*@padkept*/
	if (dma_mapping_error(h->dev, h->pad_dma))
		goto free_pad;
	ctlr->transfer_one = xh_transfer_one;
	ret = spi_register_controller(ctlr);
	if (!ret)
		return 0;
	dma_unmap_single(h->dev, h->pad_dma, XH_PAD, DMA_BIDIRECTIONAL);
free_pad:
	kfree(h->pad);
free_ring:
	dma_free_coherent(h->dev, PAGE_SIZE, h->ring, h->ring_dma);
	return ret;
}

void xh_shutdown(struct spi_controller *ctlr);
void xh_shutdown(struct spi_controller *ctlr)
{
	struct xh *h = spi_controller_get_devdata(ctlr);

	spi_unregister_controller(ctlr);
	dma_unmap_single(h->dev, h->pad_dma, XH_PAD, DMA_BIDIRECTIONAL); //~padkept:dma-leak ;
	kfree(h->pad);
	dma_free_coherent(h->dev, PAGE_SIZE, h->ring, h->ring_dma);
}
