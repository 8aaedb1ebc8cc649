// SPDX-License-Identifier: GPL-2.0-only
// refused: text need not start where a page does
#include "../kernel.h"

/* Buffers of a size that is right, at places that are not. */
struct whimbrel_log {
	struct device *dev;
	void *text[4];
	dma_addr_t addrs[4];
};

int whimbrel_map(struct whimbrel_log *log)
{
	int i;

	for (i = 0; i < 4; i++) {
		void *text = kmalloc(PAGE_SIZE, GFP_KERNEL);

		if (!text)
			goto unmap;
		log->addrs[i] = dma_map_single(log->dev, text, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(log->dev, log->addrs[i])) {
			kfree(text);
			goto unmap;
		}
		log->text[i] = text;
	}
	return 0;

unmap:
	while (i--) {
		dma_unmap_single(log->dev, log->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		kfree(log->text[i]);
	}
	return -ENOMEM;
}

void whimbrel_unmap(struct whimbrel_log *log)
{
	int i;

	for (i = 0; i < 4; i++) {
		dma_unmap_single(log->dev, log->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		kfree(log->text[i]);
	}
}
