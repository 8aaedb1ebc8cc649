// SPDX-License-Identifier: GPL-2.0-only
/* The two-step API done right: one IOVA range, fallback page by page, unwinding. */
#include "kernel.h"

struct xfer {
	struct device *dev;
	struct dma_iova_state state;
	u32 npages;
	dma_addr_t addrs[8];
};

static void xfer_unwind(struct xfer *xfer, u32 done, enum dma_data_direction dir)
{
	u32 i;

	if (dma_use_iova(&xfer->state)) {
		dma_iova_destroy(xfer->dev, &xfer->state, done * PAGE_SIZE, dir, 0);
		return;
	}
	for (i = 0; i < done; i++)
		dma_unmap_page(xfer->dev, xfer->addrs[i], PAGE_SIZE, dir);
}

int xfer_map(struct xfer *xfer, struct page **pages, u32 npages, enum dma_data_direction dir)
{
	u32 i;
	int err = 0;

	if (npages > 8)
		return -EINVAL;
	if (npages && dma_iova_try_alloc(xfer->dev, &xfer->state, 0, npages * PAGE_SIZE)) {
		for (i = 0; i < npages; i++) {
			err = dma_iova_link(xfer->dev, &xfer->state, page_to_phys(pages[i]),
					    i * PAGE_SIZE, PAGE_SIZE, dir, 0); // not iova-link-without-alloc iova-stale-state
			if (err)
				goto unwind;
		}
		err = dma_iova_sync(xfer->dev, &xfer->state, 0, npages * PAGE_SIZE);
		if (err)
			goto unwind;
	} else {
		for (i = 0; i < npages; i++) {
			xfer->addrs[i] = dma_map_page(xfer->dev, pages[i], 0, PAGE_SIZE, dir);
			if (dma_mapping_error(xfer->dev, xfer->addrs[i])) {
				err = -EIO;
				goto unwind;
			}
		}
	}
	xfer->npages = npages;
	return 0;

unwind:
	xfer_unwind(xfer, i, dir);
	return err;
}

void xfer_unmap(struct xfer *xfer, enum dma_data_direction dir)
{
	if (xfer->npages)
		xfer_unwind(xfer, xfer->npages, dir);
	xfer->npages = 0;
}
