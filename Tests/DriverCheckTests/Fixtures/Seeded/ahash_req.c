// SPDX-License-Identifier: GPL-2.0-only
/* a hash accelerator: what is left of the last update, the new data and the digest, in one job */
#include "kernel.h"
#include "subsystems.h"

struct ah_req {
	struct device *dev;
	struct scatterlist *src;
	unsigned int nbytes;
	int nents, mapped;
	u8 *rest;
	unsigned int rest_len;
	dma_addr_t rest_dma;
	u8 *digest;
	unsigned int digest_len;
	dma_addr_t digest_dma;
	__le64 *job;
};

int ah_enqueue(struct ah_req *r);

static void ah_unmap(struct ah_req *r)
{
	if (r->mapped)
		dma_unmap_sg(r->dev, r->src, r->nents, DMA_TO_DEVICE); //~nents:dma-sg-nents dma_unmap_sg(r->dev, r->src, r->mapped, DMA_TO_DEVICE);
	if (r->rest_dma)
		dma_unmap_single(r->dev, r->rest_dma, r->rest_len, DMA_TO_DEVICE); //~swap:dma-unmap-size dma_unmap_single(r->dev, r->rest_dma, r->digest_len, DMA_TO_DEVICE);
	if (r->digest_dma) //~cond:dma-leak if (!r->digest_dma)
		dma_unmap_single(r->dev, r->digest_dma, r->digest_len, DMA_FROM_DEVICE); /*@stale*/
}

int ah_prepare(struct ah_req *r)
{
	int i, ret = -ENOMEM;
	struct scatterlist *sg;

	r->mapped = 0;
	r->digest_dma = 0;
	r->rest_dma = dma_map_single(r->dev, r->rest, r->rest_len, DMA_TO_DEVICE); /*@early*/
	if (dma_mapping_error(r->dev, r->rest_dma)) {
		r->rest_dma = 0;
		return ret;
	}
	r->mapped = dma_map_sg(r->dev, r->src, r->nents, DMA_TO_DEVICE);
	if (!r->mapped)
		goto fail; //~early:dma-leak return ret;
	r->digest_dma = dma_map_single(r->dev, r->digest, r->digest_len, DMA_FROM_DEVICE); /*@cond*/
	if (dma_mapping_error(r->dev, r->digest_dma)) {
		r->digest_dma = 0; //~stale:dma-unmap-unknown ;
		goto fail;
	}
	for_each_sg(r->src, sg, r->mapped, i)
		r->job[i] = cpu_to_le64(sg_dma_address(sg));
	ret = ah_enqueue(r);
	if (ret)
		goto fail;
	return 0;
fail:
	ah_unmap(r);
	return ret;
}

void ah_unprepare(struct ah_req *r)
{
	ah_unmap(r);
}
