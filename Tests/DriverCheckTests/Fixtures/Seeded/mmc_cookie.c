// SPDX-License-Identifier: GPL-2.0-only
/* a card host: a request may be mapped ahead of its turn, and a cookie says that it is */
#include <linux/dma-mapping.h>

enum mc_cookie { MC_UNMAPPED, MC_PRE_MAPPED, MC_MAPPED };

struct mc_data {
	struct scatterlist *sg;
	unsigned int sg_len;
	int sg_count;
	enum mc_cookie host_cookie;
	bool is_write;
};

struct mc_host {
	struct device *dev;
	struct mc_data *data;
	u32 *adma;
	dma_addr_t adma_dma;
	void *regs;
};

static enum dma_data_direction mc_dir(struct mc_data *data)
{
	return data->is_write ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
}

static int mc_map(struct mc_host *host, struct mc_data *data, enum mc_cookie cookie)
{
	int count;

	if (data->host_cookie == MC_PRE_MAPPED)
		return data->sg_count;
	count = dma_map_sg(host->dev, data->sg, data->sg_len, mc_dir(data)); /*@fail*/
	if (!count)
		return -ENOMEM;
	data->sg_count = count;
	data->host_cookie = cookie;
	return count;
}

void mc_pre_req(struct mc_host *host, struct mc_data *data);
void mc_pre_req(struct mc_host *host, struct mc_data *data)
{
	data->host_cookie = MC_UNMAPPED;
	mc_map(host, data, MC_PRE_MAPPED);
}

void mc_post_req(struct mc_host *host, struct mc_data *data);
void mc_post_req(struct mc_host *host, struct mc_data *data)
{
	if (data->host_cookie != MC_UNMAPPED)
		dma_unmap_sg(host->dev, data->sg, data->sg_len, mc_dir(data)); //~nents:dma-sg-nents dma_unmap_sg(host->dev, data->sg, data->sg_count, mc_dir(data));
	data->host_cookie = MC_UNMAPPED;
}

int mc_start(struct mc_host *host, struct mc_data *data);
int mc_start(struct mc_host *host, struct mc_data *data)
{
	int count = mc_map(host, data, MC_MAPPED);

	if (count < 0)
		return count;
	host->adma_dma = dma_map_single(host->dev, host->adma, 512, DMA_TO_DEVICE);
	if (dma_mapping_error(host->dev, host->adma_dma)) {
		if (data->host_cookie == MC_MAPPED) { //~fail:dma-leak if (data->host_cookie == MC_PRE_MAPPED) {
			dma_unmap_sg(host->dev, data->sg, data->sg_len, mc_dir(data));
			data->host_cookie = MC_UNMAPPED;
		}
		return -EIO;
	}
	host->data = data;
	writel(lower_32_bits(host->adma_dma), host->regs);
	return 0;
}

void mc_finish(struct mc_host *host, struct mc_data *data);
void mc_finish(struct mc_host *host, struct mc_data *data)
{
	dma_unmap_single(host->dev, host->adma_dma, 512, DMA_TO_DEVICE); //~again:dma-double-unmap dma_unmap_single(host->dev, host->adma_dma, 512, DMA_TO_DEVICE); dma_unmap_single(host->dev, host->adma_dma, 512, DMA_TO_DEVICE);
	if (data->host_cookie == MC_MAPPED) {
		dma_unmap_sg(host->dev, data->sg, data->sg_len, mc_dir(data));
		data->host_cookie = MC_UNMAPPED;
	}
	host->data = NULL;
}
