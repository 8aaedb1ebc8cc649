// SPDX-License-Identifier: GPL-2.0-only
/* a UART with DMA: two halves of a receive buffer, and the circular buffer of what is sent */
#include "kernel.h"
#include "subsystems.h"

#define UD_RX 256
#define UD_XMIT 4096

struct ud_half {
	u8 *buf;
	dma_addr_t dma;
	bool mapped;
};

struct ud_port {
	struct device *dev;
	struct ud_half half[2];
	u8 *xmit;
	dma_addr_t tx_dma;
	unsigned int tx_len;
	void *regs;
};

static void ud_free_rx(struct ud_port *p)
{
	int i;

	for (i = 0; i < 2; i++) { //~onehalf:dma-leak for (i = 0; i < 1; i++) {
		if (!p->half[i].mapped)
			continue;
		dma_unmap_single(p->dev, p->half[i].dma, UD_RX, DMA_FROM_DEVICE); //~dir:dma-unmap-direction dma_unmap_single(p->dev, p->half[i].dma, UD_RX, DMA_TO_DEVICE);
		p->half[i].mapped = false;
		kfree(p->half[i].buf);
	}
}

int ud_startup(struct ud_port *p)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct ud_half *h = &p->half[i];

		h->buf = kmalloc(UD_RX, GFP_KERNEL);
		if (!h->buf)
			goto undo;
		h->dma = dma_map_single(p->dev, h->buf, UD_RX, DMA_FROM_DEVICE); /*@onehalf*/ /*@noundo*/ /*@nomark*/
		if (dma_mapping_error(p->dev, h->dma)) {
			kfree(h->buf);
			goto undo;
		}
		h->mapped = true; //~nomark:dma-leak ;
	}
	writel(lower_32_bits(p->half[0].dma), p->regs);
	writel(lower_32_bits(p->half[1].dma), p->regs);
	return 0;
undo:
	ud_free_rx(p); //~noundo:dma-leak ;
	return -ENOMEM;
}

void ud_shutdown(struct ud_port *p)
{
	ud_free_rx(p);
}

int ud_start_tx(struct ud_port *p, unsigned int count)
{
	p->tx_dma = dma_map_single(p->dev, p->xmit, count, DMA_TO_DEVICE);
	if (dma_mapping_error(p->dev, p->tx_dma))
		return -ENOMEM;
	p->tx_len = count;
	writel(lower_32_bits(p->tx_dma), p->regs);
	return 0;
}

void ud_stop_tx(struct ud_port *p)
{
	dma_unmap_single(p->dev, p->tx_dma, p->tx_len, DMA_TO_DEVICE); //~fixed:dma-unmap-size dma_unmap_single(p->dev, p->tx_dma, UD_XMIT, DMA_TO_DEVICE); //~more:dma-unmap-size dma_unmap_single(p->dev, p->tx_dma, p->tx_len + 1, DMA_TO_DEVICE);
	p->tx_len = 0;
}
