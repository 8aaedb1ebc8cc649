// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct brent_buffer {
	struct device *dev;
	struct iommu_domain *domain;
	struct page *pages[16];
	dma_addr_t addrs[16];
};

int brent_map(struct brent_buffer *buffer)
{
	int i, error = 0;

	for (i = 0; i < 16; i++) {
		buffer->addrs[i] = dma_map_page(buffer->dev, buffer->pages[i], 0, PAGE_SIZE, // want keep-mapped-again
						DMA_BIDIRECTIONAL);
		if (dma_mapping_error(buffer->dev, buffer->addrs[i]))
			return -EIO;
	}
	for (i = 0; !error && i < 16; i++)
		error = iommu_map(buffer->domain, i * PAGE_SIZE, buffer->addrs[i], PAGE_SIZE, 3,
				  GFP_KERNEL);
	return error;
}

void brent_unmap(struct brent_buffer *buffer)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(buffer->dev, buffer->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
}
