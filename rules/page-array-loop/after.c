// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* Pages of the caller's; the addresses are read by the command stream. */
struct teal_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
	u32 npages;
};

int teal_map(struct teal_buffer *buf)
{
	u32 i, j;

	buf->addrs = kcalloc(buf->npages, sizeof(*buf->addrs), GFP_KERNEL);
	if (!buf->addrs)
		return -ENOMEM;

	if (dma_iova_try_alloc(buf->dev, &buf->state, 0,
			       buf->npages * PAGE_SIZE)) {
		for (i = 0; i < buf->npages; i++) {
			if (dma_iova_link(buf->dev, &buf->state,
					  page_to_phys(buf->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE,
					  DMA_FROM_DEVICE, 0))
				goto unmap;
			buf->addrs[i] = buf->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(buf->dev, &buf->state, 0,
				  buf->npages * PAGE_SIZE))
			goto unmap;
	} else {
		for (i = 0; i < buf->npages; i++) {
			/* whole pages only */
			buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
						     PAGE_SIZE,
						     DMA_FROM_DEVICE);
			if (dma_mapping_error(buf->dev, buf->addrs[i]))
				goto unmap;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, i * PAGE_SIZE,
				 DMA_FROM_DEVICE, 0);
	} else {
		for (j = 0; j < i; j++)
			dma_unmap_page(buf->dev, buf->addrs[j], PAGE_SIZE,
				       DMA_FROM_DEVICE);
	}
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

	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, buf->npages * PAGE_SIZE,
				 DMA_FROM_DEVICE, 0);
	} else {
		for (i = buf->npages - 1; i >= 0; i--)
			dma_unmap_single(buf->dev, buf->addrs[i], PAGE_SIZE,
					 DMA_FROM_DEVICE);
	}
	kfree(buf->addrs);
	buf->addrs = NULL;
}

/* Pages that live and die with their mapping. */
struct dunnock_table {
	struct page *pages[16];
	dma_addr_t dma[16];
	struct dma_iova_state dma_state;
	int state;
};

int dunnock_init(struct device *dev, struct dunnock_table *table)
{
	int n;
	int err;

	dma_iova_try_alloc(dev, &table->dma_state, 0, 16 * PAGE_SIZE);
	for (n = 0; n < 16; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			err = -ENOMEM;
			goto free;
		}
		if (dma_use_iova(&table->dma_state)) {
			err = dma_iova_link(dev, &table->dma_state,
					    page_to_phys(page), n * PAGE_SIZE,
					    PAGE_SIZE, DMA_TO_DEVICE, 0);
			if (err) {
				__free_page(page);
				goto free;
			}
			table->dma[n] = table->dma_state.addr + n * PAGE_SIZE;
		} else {
			table->dma[n] = dma_map_page(dev, page, 0, PAGE_SIZE,
						     DMA_TO_DEVICE);
			err = dma_mapping_error(dev, table->dma[n]);
			if (err) {
				__free_page(page);
				goto free;
			}
		}
		table->pages[n] = page;
	}
	if (dma_use_iova(&table->dma_state)) {
		err = dma_iova_sync(dev, &table->dma_state, 0, 16 * PAGE_SIZE);
		if (err)
			goto free;
	}
	return 0;

free:
	if (dma_use_iova(&table->dma_state))
		dma_iova_destroy(dev, &table->dma_state, n * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
	while (n--) {
		if (!dma_use_iova(&table->dma_state))
			dma_unmap_page(dev, table->dma[n], PAGE_SIZE,
				       DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
	return err;
}

void dunnock_exit(struct device *dev, struct dunnock_table *table)
{
	if (dma_use_iova(&table->dma_state))
		dma_iova_destroy(dev, &table->dma_state, 16 * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
	for (int n = 0; n < 16; n++) {
		if (!dma_use_iova(&table->dma_state))
			dma_unmap_page(dev, table->dma[n], PAGE_SIZE,
				       DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
}
