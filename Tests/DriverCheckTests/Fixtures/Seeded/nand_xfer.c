// SPDX-License-Identifier: GPL-2.0-only
/* a NAND controller: data and spare area of one page in one transfer each, through a bounce buffer */
#include "kernel.h"
#include "subsystems.h"

struct nx_chip {
	struct device *dev;
	void *regs;
	u8 *bounce;
	u32 page_bytes;
	u32 spare_bytes;
	u8 *spare;
};

int nx_wait(struct nx_chip *c);
int nx_start(struct nx_chip *c);

static int nx_transfer(struct nx_chip *c, void *buf, unsigned int len, enum dma_data_direction dir)
{
	dma_addr_t dma;
	int ret;

	dma = dma_map_single(c->dev, buf, len, dir); /*@timeout*/
	if (dma_mapping_error(c->dev, dma))
		return -EIO;
	writel(lower_32_bits(dma), c->regs);
	writel(len, c->regs);
	ret = nx_wait(c);
	if (ret)
		writel(0, c->regs); //~timeout:dma-leak return ret;
	dma_unmap_single(c->dev, dma, len, dir); //~dir:dma-unmap-direction dma_unmap_single(c->dev, dma, len, DMA_TO_DEVICE); //~size:dma-unmap-size dma_unmap_single(c->dev, dma, len + c->spare_bytes, dir);
	return ret;
}

int nx_read_page(struct nx_chip *c, u8 *buf)
{
	int ret = nx_transfer(c, c->bounce, c->page_bytes, DMA_FROM_DEVICE);

	if (ret)
		return ret;
	memcpy(buf, c->bounce, 16);
	return nx_transfer(c, c->spare, c->spare_bytes, DMA_FROM_DEVICE);
}

int nx_write_page(struct nx_chip *c, const u8 *buf)
{
	dma_addr_t page, spare;
	int ret;

	page = dma_map_single(c->dev, (void *)buf, c->page_bytes, DMA_TO_DEVICE); /*@nopage*/ /*@both*/
	if (dma_mapping_error(c->dev, page))
		return -EIO;
	spare = dma_map_single(c->dev, c->spare, c->spare_bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(c->dev, spare)) {
		ret = -EIO;
		goto unmap_page; //~nopage:dma-leak return ret;
	}
	writel(lower_32_bits(page), c->regs);
	writel(lower_32_bits(spare), c->regs);
	ret = nx_start(c);
	dma_unmap_single(c->dev, spare, c->spare_bytes, DMA_TO_DEVICE); //~swap:dma-unmap-size dma_unmap_single(c->dev, spare, c->page_bytes, DMA_TO_DEVICE);
unmap_page:
	dma_unmap_single(c->dev, page, c->page_bytes, DMA_TO_DEVICE); //~sum:dma-unmap-size dma_unmap_single(c->dev, page, c->page_bytes + c->spare_bytes, DMA_TO_DEVICE);
	return ret;
}
