// SPDX-License-Identifier: GPL-2.0-only
/* Transfers that map, wait for the device and undo in one function. Nothing to report. */
#include "kernel.h"
#include "between.h"

struct swift { struct device *dev; void *regs, *done; struct dma_iova_state state; };

static int swift_job(struct swift *x, dma_addr_t dma, size_t len)
{
	writel(lower_32_bits(dma), x->regs);
	writel(len, x->regs + 8);
	return wait_for_completion_timeout(x->done, 100) ? 0 : -EIO;
}

int swift_send(struct swift *x, struct page *page)
{
	size_t len = PAGE_SIZE;
	dma_addr_t dma;
	int ret;

	if (!dma_iova_try_alloc(x->dev, &x->state, 0, len)) { // not iova-missing-fallback iova-leak
		dma = dma_map_page(x->dev, page, 0, len, DMA_TO_DEVICE);
		if (dma_mapping_error(x->dev, dma))
			return -EIO;
		ret = swift_job(x, dma, len);
		dma_unmap_page(x->dev, dma, len, DMA_TO_DEVICE);
		return ret;
	}
	ret = dma_iova_link(x->dev, &x->state, page_to_phys(page), 0, len, DMA_TO_DEVICE, 0); // not iova-missing-sync
	if (ret) {
		dma_iova_free(x->dev, &x->state);
		return ret;
	}
	ret = dma_iova_sync(x->dev, &x->state, 0, len); // not iova-error-ignored
	if (ret)
		goto destroy;
	ret = swift_job(x, x->state.addr, len);
destroy:
	dma_iova_destroy(x->dev, &x->state, len, DMA_TO_DEVICE, 0);
	return ret;
}

/* What cannot be linked is copied by the CPU: an error that is not ignored. */
struct polite { struct device *dev; void *regs, *done; struct dma_iova_state state; };

int polite_send(struct polite *p, struct page *page)
{
	if (dma_iova_try_alloc(p->dev, &p->state, 0, PAGE_SIZE)) {
		if (!dma_iova_link(p->dev, &p->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0)) {
			if (!dma_iova_sync(p->dev, &p->state, 0, PAGE_SIZE)) {
				writel(lower_32_bits(p->state.addr), p->regs);
				wait_for_completion_timeout(p->done, 100);
				dma_iova_destroy(p->dev, &p->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
				return 0;
			}
			dma_iova_destroy(p->dev, &p->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
		} else {
			dma_iova_free(p->dev, &p->state);
		}
	}
	writel(*(u32 *)page_address(page), p->regs + 16);
	return 0;
}

/* The caller asks for the other way when there is none by IOVA. */
struct asking { struct device *dev; struct dma_iova_state state; dma_addr_t dma; };

int asking_link(struct asking *a, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(a->dev, &a->state, 0, PAGE_SIZE))
		return -EINVAL;
	ret = dma_iova_link(a->dev, &a->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(a->dev, &a->state);
		return ret;
	}
	ret = dma_iova_sync(a->dev, &a->state, 0, PAGE_SIZE);
	if (ret)
		dma_iova_destroy(a->dev, &a->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	return ret;
}

int asking_map(struct asking *a, struct page *page)
{
	a->dma = dma_map_page(a->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(a->dev, a->dma) ? -EIO : 0;
}

void asking_unmap(struct asking *a)
{
	if (dma_use_iova(&a->state))
		dma_iova_destroy(a->dev, &a->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	else
		dma_unmap_page(a->dev, a->dma, PAGE_SIZE, DMA_TO_DEVICE);
}

/* A function of its own undoes it, whether it went well or not. */
struct parted { struct device *dev; struct dma_iova_state state; void *done; };

int parted_copy(struct parted *p, struct page **pages);

void parted_undo(struct parted *p, size_t len)
{
	if (dma_use_iova(&p->state))
		dma_iova_destroy(p->dev, &p->state, len, DMA_TO_DEVICE, 0); // not iova-double-free
}

int parted_do(struct parted *p, struct page **pages)
{
	size_t done = 0;
	int i, ret;

	if (!dma_iova_try_alloc(p->dev, &p->state, 0, 2 * PAGE_SIZE))
		return parted_copy(p, pages);
	for (i = 0; i < 2; i++) {
		ret = dma_iova_link(p->dev, &p->state, page_to_phys(pages[i]), done, PAGE_SIZE,
				    DMA_TO_DEVICE, 0);
		if (ret)
			goto out;
		done += PAGE_SIZE;
	}
	ret = dma_iova_sync(p->dev, &p->state, 0, done);
	if (!ret)
		wait_for_completion_timeout(p->done, 100);
out:
	parted_undo(p, done);
	return ret;
}
