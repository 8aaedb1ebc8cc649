// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

struct ss_xfer {
	struct sg_table tx, rx;
	struct scatterlist *list;
	int nents;
	int mapped;
};

struct ss_ctlr {
	struct device *dev;
	struct ss_xfer cur;
};

static int ss_map_list(struct ss_ctlr *c, struct scatterlist *sgl, int nents, enum dma_data_direction dir)
{
	struct ss_xfer *x = &c->cur;

	x->mapped = dma_map_sg(c->dev, sgl, nents, dir);
	if (!x->mapped)
		return -EIO;
	x->list = sgl;
	x->nents = nents;
	return 0;
}

static void ss_unmap_list(struct ss_ctlr *c, enum dma_data_direction dir)
{
	dma_unmap_sg(c->dev, c->cur.list, c->cur.nents, dir); //~nents:dma-sg-nents dma_unmap_sg(c->dev, c->cur.list, c->cur.mapped, dir);
	c->cur.list = NULL;
}

static int ss_map_msg(struct ss_ctlr *c, struct ss_xfer *x)
{
	int ret;

	ret = dma_map_sgtable(c->dev, &x->tx, DMA_TO_DEVICE, 0); /*@txleak*/
	if (ret)
		return ret;
	ret = dma_map_sgtable(c->dev, &x->rx, DMA_FROM_DEVICE, 0);
	if (ret) {
		dma_unmap_sgtable(c->dev, &x->tx, DMA_TO_DEVICE, 0); //~txleak:dma-leak ;
		return ret;
	}
	return 0;
}

static void ss_unmap_msg(struct ss_ctlr *c, struct ss_xfer *x)
{
	dma_unmap_sgtable(c->dev, &x->rx, DMA_FROM_DEVICE, 0); //~sgdir:dma-unmap-direction dma_unmap_sgtable(c->dev, &x->rx, DMA_TO_DEVICE, 0);
	dma_unmap_sgtable(c->dev, &x->tx, DMA_TO_DEVICE, 0);
}

int ss_transfer(struct ss_ctlr *c, struct ss_xfer *x);
int ss_transfer(struct ss_ctlr *c, struct ss_xfer *x)
{
	return ss_map_msg(c, x);
}

void ss_transfer_done(struct ss_ctlr *c, struct ss_xfer *x);
void ss_transfer_done(struct ss_ctlr *c, struct ss_xfer *x)
{
	ss_unmap_msg(c, x);
}

int ss_begin(struct ss_ctlr *c, struct scatterlist *sgl, int nents);
int ss_begin(struct ss_ctlr *c, struct scatterlist *sgl, int nents)
{
	return ss_map_list(c, sgl, nents, DMA_BIDIRECTIONAL);
}

void ss_end(struct ss_ctlr *c);
void ss_end(struct ss_ctlr *c)
{
	ss_unmap_list(c, DMA_BIDIRECTIONAL);
}
