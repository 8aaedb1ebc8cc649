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

	req->mapped = dma_map_sg(req->dev, sgl, nents, DMA_TO_DEVICE); // not dma-sg-segment-length
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

/* A table of pages that the caller has put into an array. */
struct pinned {
	struct device *dev;
	struct sg_table *table;
	struct page **pages;
	unsigned int npages;
};

int pinned_map(struct pinned *pinned)
{
	int err = sg_alloc_table_from_pages_segment(pinned->table, pinned->pages, pinned->npages, 0,
						    pinned->npages * 4096UL, -1U, GFP_KERNEL);

	if (err)
		return err;
	err = dma_map_sgtable(pinned->dev, pinned->table, DMA_TO_DEVICE, 0);
	if (err)
		sg_free_table(pinned->table);
	return err;
}

void pinned_unmap(struct pinned *pinned)
{
	dma_unmap_sgtable(pinned->dev, pinned->table, DMA_TO_DEVICE, 0);
	sg_free_table(pinned->table);
}
