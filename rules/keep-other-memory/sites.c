// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int dunlin_link(struct device *dev, struct dma_iova_state *state, struct page *page)
{
	return dma_iova_link(dev, state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

int dunlin_map(struct device *dev, void *buffer, dma_addr_t *addr)
{
	*addr = dma_map_single(dev, buffer, PAGE_SIZE, DMA_TO_DEVICE); // want keep-single-buffer
	return dma_mapping_error(dev, *addr);
}
