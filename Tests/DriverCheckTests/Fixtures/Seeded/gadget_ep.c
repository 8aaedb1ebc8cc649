// SPDX-License-Identifier: GPL-2.0-only
/* endpoints of a USB device: a request is mapped when it is queued, undone when it is given back */
#include "kernel.h"
#include "subsystems.h"

struct ge_request {
	void *buf;
	unsigned int length, actual;
	dma_addr_t dma;
	bool mapped;
	struct list_head queue;
	int status;
};

struct ge_ep {
	struct device *dev;
	void *regs;
	bool is_in;
	struct list_head queue;
	u8 *bounce;
	unsigned int maxpacket;
};

int ge_kick(struct ge_ep *ep);

static void ge_giveback(struct ge_ep *ep, struct ge_request *r, int status)
{
	list_del(&r->queue);
	if (r->mapped) { //~cond:dma-leak if (r->mapped && r->status > 0) {
		dma_unmap_single(ep->dev, r->dma, r->length, ep->is_in ? DMA_TO_DEVICE : DMA_FROM_DEVICE); //~actual:dma-unmap-size dma_unmap_single(ep->dev, r->dma, r->actual, ep->is_in ? DMA_TO_DEVICE : DMA_FROM_DEVICE); //~dir:dma-unmap-direction dma_unmap_single(ep->dev, r->dma, r->length, DMA_TO_DEVICE); //~packet:dma-unmap-size dma_unmap_single(ep->dev, r->dma, r->length + ep->maxpacket, ep->is_in ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
		r->mapped = false;
	}
	r->status = status;
}

int ge_queue(struct ge_ep *ep, struct ge_request *r)
{
	int ret;

	r->actual = 0;
	r->status = 0;
	r->dma = dma_map_single(ep->dev, r->buf, r->length, ep->is_in ? DMA_TO_DEVICE : DMA_FROM_DEVICE); /*@cond*/ /*@kick*/
	if (dma_mapping_error(ep->dev, r->dma))
		return -EIO;
	r->mapped = true;
	list_add_tail(&r->queue, &ep->queue);
	ret = ge_kick(ep);
	if (ret)
		ge_giveback(ep, r, ret); //~kick:dma-leak list_del(&r->queue);
	return ret;
}

void ge_dequeue(struct ge_ep *ep, struct ge_request *r)
{
	ge_giveback(ep, r, -EIO);
}
