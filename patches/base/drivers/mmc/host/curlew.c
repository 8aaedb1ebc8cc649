// SPDX-License-Identifier: GPL-2.0-only
/*
 * Curlew card reader: the block layer hands over a scatterlist for each
 * request, and the controller walks a chain of descriptors.
 */
#include <linux/dma-mapping.h>

#define CURLEW_MAX_SEGS		16

struct curlew_desc {
	__le64 addr;
	__le32 len;
	__le32 flags;
};

struct curlew_host {
	struct device *dev;
	struct curlew_desc descs[CURLEW_MAX_SEGS];
	unsigned int used;
};

struct curlew_request {
	struct scatterlist *sg;
	unsigned int sg_len;
	bool write;
};

static enum dma_data_direction curlew_dir(const struct curlew_request *req)
{
	return req->write ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

int curlew_prepare(struct curlew_host *host, struct curlew_request *req)
{
	struct scatterlist *sg;
	unsigned int mapped, i;

	mapped = dma_map_sg(host->dev, req->sg, req->sg_len, curlew_dir(req));
	if (!mapped)
		return -ENOMEM;
	if (mapped > CURLEW_MAX_SEGS) {
		dma_unmap_sg(host->dev, req->sg, req->sg_len, curlew_dir(req));
		return -EINVAL;
	}

	for_each_sg(req->sg, sg, mapped, i) {
		host->descs[i].addr = cpu_to_le64(sg_dma_address(sg));
		host->descs[i].len = cpu_to_le32(sg_dma_len(sg));
		host->descs[i].flags = 0;
	}
	host->used = mapped;
	return 0;
}

void curlew_finish(struct curlew_host *host, struct curlew_request *req)
{
	host->used = 0;
	/* The number that was mapped from, not the number that came out. */
	dma_unmap_sg(host->dev, req->sg, req->sg_len, curlew_dir(req));
}
