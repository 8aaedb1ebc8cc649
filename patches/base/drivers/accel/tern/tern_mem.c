// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tern accelerator: buffers that the device addresses page by page.
 *
 * The pages belong to the caller; a buffer owns their mapping and the array of
 * their bus addresses, which the command stream is built from.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct tern_buffer {
	struct device *dev;
	struct page **pages;
	unsigned long npages;
	dma_addr_t *dma_addrs;
};

int tern_buffer_map(struct tern_buffer *buf)
{
	unsigned long i;
	int ret;

	buf->dma_addrs = kcalloc(buf->npages, sizeof(*buf->dma_addrs), GFP_KERNEL);
	if (!buf->dma_addrs)
		return -ENOMEM;

	for (i = 0; i < buf->npages; i++) {
		buf->dma_addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
						 PAGE_SIZE, DMA_BIDIRECTIONAL);
		ret = dma_mapping_error(buf->dev, buf->dma_addrs[i]);
		if (ret)
			goto err_unmap;
	}
	return 0;

err_unmap:
	while (i--)
		dma_unmap_page(buf->dev, buf->dma_addrs[i], PAGE_SIZE,
			       DMA_BIDIRECTIONAL);
	kfree(buf->dma_addrs);
	buf->dma_addrs = NULL;
	return ret;
}

void tern_buffer_unmap(struct tern_buffer *buf)
{
	unsigned long i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->dma_addrs[i], PAGE_SIZE,
			       DMA_BIDIRECTIONAL);
	kfree(buf->dma_addrs);
	buf->dma_addrs = NULL;
}
