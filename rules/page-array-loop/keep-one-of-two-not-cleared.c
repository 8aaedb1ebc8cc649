// SPDX-License-Identifier: GPL-2.0-only
// refused: allocates struct stint_buffer without clearing it
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
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

struct stint_buffer *stint_alloc(bool cleared)
{
	struct stint_buffer *buf;

	buf = cleared ? kzalloc(sizeof(*buf), GFP_KERNEL) : kmalloc(sizeof(*buf), GFP_KERNEL);
	return buf;
}
