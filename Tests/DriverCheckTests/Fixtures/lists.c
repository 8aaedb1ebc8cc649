// SPDX-License-Identifier: GPL-2.0-only
/* Scatterlists done right, in two styles. */
#include "kernel.h"

struct req {
	struct device *dev;
	struct sg_table table;
	struct scatterlist *sgl;
	int nents;
	int mapped;
	u64 hw[8];
};

int req_map(struct req *req, struct scatterlist *sgl, int nents)
{
	struct scatterlist *sg;
	int i;

	req->mapped = dma_map_sg(req->dev, sgl, nents, DMA_TO_DEVICE);
	if (!req->mapped)
		return -EIO;
	req->sgl = sgl;
	req->nents = nents;
	for_each_sg(sgl, sg, req->mapped, i)
		req->hw[i] = sg_dma_address(sg) | sg_dma_len(sg);
	return 0;
}

void req_unmap(struct req *req)
{
	dma_unmap_sg(req->dev, req->sgl, req->nents, DMA_TO_DEVICE);
}

int table_map(struct device *dev, struct sg_table *table)
{
	return dma_map_sgtable(dev, table, DMA_FROM_DEVICE, 0);
}

void table_unmap(struct device *dev, struct sg_table *table)
{
	dma_unmap_sgtable(dev, table, DMA_FROM_DEVICE, 0);
}
