// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

/* Not from 0, and again from where it had stopped. */
int stint_map(struct stint_buffer *buf, int first, int tries)
{
	int i = 0;

	i += first;
	while (i < buf->npages) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			return -EIO;
		i++;
	}
	i = 0;
again:
	while (i < first) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i])) {
			if (tries--)
				goto again;
			return -EIO;
		}
		i++;
	}
	return 0;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}
