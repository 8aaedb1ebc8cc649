// SPDX-License-Identifier: GPL-2.0-only
// refused: maps addrs once more, with iommu_map()
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct iommu_domain *domain;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf, unsigned long iova)
{
	int i;
	int ret = -ENOMEM;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	while (i--) {
		ret = iommu_map(buf->domain, iova + i * PAGE_SIZE, buf->addrs[i], PAGE_SIZE, 0,
				GFP_KERNEL);
		if (ret) {
			i = buf->npages;
			goto unmap;
		}
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return ret;
}
