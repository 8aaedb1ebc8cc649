// SPDX-License-Identifier: GPL-2.0-only
#include <linux/crypto.h>
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

struct cw_req {
	struct scatterlist *src, *dst;
	int src_nents, dst_nents;
	int src_count, dst_count;
	u8 iv[16];
	dma_addr_t iv_dma;
};

struct cw_engine {
	struct device *dev;
};

int cw_map(struct cw_engine *e, struct cw_req *r);
int cw_map(struct cw_engine *e, struct cw_req *r)
{
	bool inplace = r->src == r->dst;

	r->src_count = dma_map_sg(e->dev, r->src, r->src_nents, inplace ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE); /*@dstleak*/ /*@forget*/
	if (!r->src_count)
		return -EIO;
	if (inplace) {
		r->dst_count = r->src_count;
	} else {
		r->dst_count = dma_map_sg(e->dev, r->dst, r->dst_nents, DMA_FROM_DEVICE);
		if (!r->dst_count)
			goto unmap_src; //~dstleak:dma-leak return -EIO;
	}
	r->iv_dma = dma_map_single(e->dev, r->iv, sizeof(r->iv), DMA_TO_DEVICE);
	if (dma_mapping_error(e->dev, r->iv_dma))
		goto unmap_dst;
	return 0;
unmap_dst:
	if (!inplace)
		dma_unmap_sg(e->dev, r->dst, r->dst_nents, DMA_FROM_DEVICE);
unmap_src:
	dma_unmap_sg(e->dev, r->src, r->src_nents, inplace ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE); //~srcdir:dma-unmap-direction dma_unmap_sg(e->dev, r->src, r->src_nents, DMA_FROM_DEVICE);
	return -ENOMEM;
}

void cw_unmap(struct cw_engine *e, struct cw_req *r);
void cw_unmap(struct cw_engine *e, struct cw_req *r)
{
	dma_unmap_single(e->dev, r->iv_dma, sizeof(r->iv), DMA_TO_DEVICE);
	if (r->src == r->dst) {
		dma_unmap_sg(e->dev, r->src, r->src_nents, DMA_BIDIRECTIONAL);
		return;
	}
	dma_unmap_sg(e->dev, r->dst, r->dst_nents, DMA_FROM_DEVICE);
	dma_unmap_sg(e->dev, r->src, r->src_nents, DMA_TO_DEVICE); //~forget:dma-leak ;
}
