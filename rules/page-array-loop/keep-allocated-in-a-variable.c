// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_unmap_page_attrs() on one of addrs
#include "../kernel.h"

struct stint_object {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_attach(struct stint_object *object)
{
	dma_addr_t *addrs;
	int i;

	addrs = kmalloc_array(object->npages, sizeof(*addrs), GFP_KERNEL);
	if (!addrs)
		return -ENOMEM;
	for (i = 0; i < object->npages; i++) {
		addrs[i] = dma_map_page(object->dev, object->pages[i], 0, PAGE_SIZE,
					DMA_TO_DEVICE);
		if (dma_mapping_error(object->dev, addrs[i])) {
			for (i = i - 1; i >= 0; --i)
				dma_unmap_page(object->dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
			goto free;
		}
	}
	object->addrs = addrs;
	return 0;

free:
	kfree(addrs);
	return -ENOMEM;
}

void stint_evict(struct stint_object *object, int page)
{
	dma_unmap_page(object->dev, object->addrs[page], PAGE_SIZE, DMA_TO_DEVICE);
	object->addrs[page] = 0;
}
