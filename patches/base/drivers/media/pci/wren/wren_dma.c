// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wren frame grabber: one frame is a run of pages allocated here.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define WREN_MAX_PAGES	64

struct wren_frame {
	struct page *pages[WREN_MAX_PAGES];
	dma_addr_t addrs[WREN_MAX_PAGES];
	unsigned int count;
};

static void wren_frame_release(struct device *dev, struct wren_frame *frame,
			       unsigned int mapped)
{
	unsigned int i;

	for (i = 0; i < mapped; i++) {
		dma_unmap_page(dev, frame->addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
		__free_page(frame->pages[i]);
	}
}

static int wren_frame_add(struct device *dev, struct wren_frame *frame,
			  unsigned int index)
{
	struct page *page = alloc_page(GFP_KERNEL);
	dma_addr_t addr;

	if (!page)
		return -ENOMEM;

	addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, addr)) {
		__free_page(page);
		return -EIO;
	}
	frame->pages[index] = page;
	frame->addrs[index] = addr;
	return 0;
}

int wren_frame_init(struct device *dev, struct wren_frame *frame,
		    unsigned int count)
{
	unsigned int i;
	int ret;

	if (count > WREN_MAX_PAGES)
		return -EINVAL;

	for (i = 0; i < count; i++) {
		ret = wren_frame_add(dev, frame, i);
		if (ret) {
			wren_frame_release(dev, frame, i);
			return ret;
		}
	}
	frame->count = count;
	return 0;
}

void wren_frame_fini(struct device *dev, struct wren_frame *frame)
{
	wren_frame_release(dev, frame, frame->count);
	frame->count = 0;
}
