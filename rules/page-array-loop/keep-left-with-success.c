// SPDX-License-Identifier: GPL-2.0-only
// refused: leaves the loop in another way
#include "../kernel.h"

/* What is mapped when the pages run out is used as it is, so that nothing would have synced it. */
struct plover_buffer {
	struct device *dev;
	struct page *pages[64];
	dma_addr_t addrs[64];
	int npages;
};

int plover_map(struct plover_buffer *buf)
{
	int i;

	for (i = 0; i < 64; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			goto done;
		buf->addrs[i] = dma_map_page(buf->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i])) {
			__free_page(page);
			goto unmap;
		}
		buf->pages[i] = page;
	}
done:
	buf->npages = i;
	return 0;

unmap:
	while (i--) {
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(buf->pages[i]);
	}
	return -ENOMEM;
}

void plover_unmap(struct plover_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(buf->pages[i]);
	}
}
