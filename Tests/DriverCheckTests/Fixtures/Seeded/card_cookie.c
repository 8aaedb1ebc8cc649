// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request that an interrupt handler unmaps, and that is unmapped when it is over
 * unless that was done.
 */
#include "subsystems.h"
#include "between.h"

/* The interrupt handler unmaps a request, and says so. */
struct mmc_data { struct scatterlist *sg; int host_cookie; };
struct mmc_request { struct mmc_data *data; };
struct card { struct device *dev; void *regs; struct mmc_request *mrq; };

static void card_unmap(struct card *c, struct mmc_data *data)
{
	dma_unmap_sg(c->dev, data->sg, 2, DMA_TO_DEVICE); /*@kept*/ /*@keptafter*/
	data->host_cookie = 0;
}

static void card_queue(struct card *c, struct mmc_request *mrq)
{
	if (!dma_map_sg(c->dev, mrq->data->sg, 2, DMA_TO_DEVICE))
		return;
	mrq->data->host_cookie = 1;
	c->mrq = mrq;
	writel(1, c->regs);
}

static int card_irq(int irq, void *id)
{
	struct card *c = id;
	struct mmc_request *mrq = c->mrq;

	if (!mrq)
		return 0;
	c->mrq = NULL;
	if (mrq->data->host_cookie)
		card_unmap(c, mrq->data); //~kept:dma-double-unmap dma_unmap_sg(c->dev, mrq->data->sg, 2, DMA_TO_DEVICE);
	return 1;
}

void card_dequeue(struct card *c)
{
	struct mmc_request *mrq = c->mrq;

	writel(0, c->regs);
	if (!mrq)
		return;
	c->mrq = NULL;
	if (mrq->data->host_cookie) //~unasked:dma-double-unmap if (mrq->data)
		card_unmap(c, mrq->data); /*@unasked*/
}

static void card_post_req(struct card *c, struct mmc_request *mrq)
{
	if (mrq->data->host_cookie) //~unaskedafter:dma-double-unmap if (mrq->data)
		card_unmap(c, mrq->data); /*@unaskedafter*/ //~keptafter:dma-double-unmap dma_unmap_sg(c->dev, mrq->data->sg, 2, DMA_TO_DEVICE);
}

struct card_ops {
	void (*queue)(struct card *, struct mmc_request *);
	void (*post_req)(struct card *, struct mmc_request *);
};
const struct card_ops card_ops = { .queue = card_queue, .post_req = card_post_req };

int card_probe(struct card *c)
{
	return request_irq(5, card_irq, 0, "card", c);
}
