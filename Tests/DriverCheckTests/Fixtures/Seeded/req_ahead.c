// SPDX-License-Identifier: GPL-2.0-only
/* a request that is mapped ahead of time, where that may fail, and unmapped when it is over */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

struct ra_host {
	struct device *dev;
};

struct ra_data {
	struct scatterlist *sg;
	unsigned int sg_len;
	int is_mapped;
};

void ra_pre_req(struct ra_host *h, struct ra_data *d);
void ra_pre_req(struct ra_host *h, struct ra_data *d)
{
	d->is_mapped = 0;
	if (!dma_map_sg(h->dev, d->sg, d->sg_len, DMA_TO_DEVICE)) /*@onerror*/ //~negative:dma-mapping-error-unchecked if (dma_map_sg(h->dev, d->sg, d->sg_len, DMA_TO_DEVICE) < 0)
		return;
	d->is_mapped = 1;
}

void ra_post_req(struct ra_host *h, struct ra_data *d, int err);
void ra_post_req(struct ra_host *h, struct ra_data *d, int err)
{
	if (d->is_mapped) //~onerror:dma-leak if (d->is_mapped && !err)
		dma_unmap_sg(h->dev, d->sg, d->sg_len, DMA_TO_DEVICE);
	d->is_mapped = 0;
}
