// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* Pages of the caller's; the addresses are read by the command stream. */
struct teal_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	u32 npages;
};

int teal_map(struct teal_buffer *buf)
{
	u32 i, j;

	buf->addrs = kcalloc(buf->npages, sizeof(*buf->addrs), GFP_KERNEL);
	if (!buf->addrs)
		return -ENOMEM;

	for (i = 0; i < buf->npages; i++) {
		/* whole pages only */
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
					     PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	for (j = 0; j < i; j++)
		dma_unmap_page(buf->dev, buf->addrs[j], PAGE_SIZE,
			       DMA_FROM_DEVICE);
	kfree(buf->addrs);
	return -EIO;
}

dma_addr_t teal_address(struct teal_buffer *buf, u32 page)
{
	return buf->addrs[page];
}

void teal_unmap(struct teal_buffer *buf)
{
	int i;

	for (i = buf->npages - 1; i >= 0; i--)
		dma_unmap_single(buf->dev, buf->addrs[i], PAGE_SIZE,
				 DMA_FROM_DEVICE);
	kfree(buf->addrs);
	buf->addrs = NULL;
}

/* Pages that live and die with their mapping. */
struct dunnock_table {
	struct page *pages[16];
	dma_addr_t dma[16];
	int state;
};

int dunnock_init(struct device *dev, struct dunnock_table *table)
{
	int n;
	int err;

	for (n = 0; n < 16; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			err = -ENOMEM;
			goto free;
		}
		table->dma[n] = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		err = dma_mapping_error(dev, table->dma[n]);
		if (err) {
			__free_page(page);
			goto free;
		}
		table->pages[n] = page;
	}
	return 0;

free:
	while (n--) {
		dma_unmap_page(dev, table->dma[n], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
	return err;
}

void dunnock_exit(struct device *dev, struct dunnock_table *table)
{
	for (int n = 0; n < 16; n++) {
		dma_unmap_page(dev, table->dma[n], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
}
