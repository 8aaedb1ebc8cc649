// SPDX-License-Identifier: GPL-2.0-only
/* Transfers in one function, each with one mistake. */
#include "kernel.h"
#include "between.h"

struct blind { struct device *dev; void *regs, *done; struct dma_iova_state state; };

static int blind_job(struct blind *x, dma_addr_t dma, size_t len)
{
	writel(lower_32_bits(dma), x->regs);
	writel(len, x->regs + 8);
	return wait_for_completion_timeout(x->done, 100) ? 0 : -EIO;
}

int blind_send(struct blind *x, struct page *page)
{
	size_t len = PAGE_SIZE;
	dma_addr_t dma;
	int ret;

	if (!dma_iova_try_alloc(x->dev, &x->state, 0, len)) {
		dma = dma_map_page(x->dev, page, 0, len, DMA_TO_DEVICE);
		if (dma_mapping_error(x->dev, dma))
			return -EIO;
		ret = blind_job(x, dma, len);
		dma_unmap_page(x->dev, dma, len, DMA_TO_DEVICE);
		return ret;
	}
	ret = dma_iova_link(x->dev, &x->state, page_to_phys(page), 0, len, DMA_TO_DEVICE, 0); // want iova-missing-sync
	if (ret) {
		dma_iova_free(x->dev, &x->state);
		return ret;
	}
	ret = blind_job(x, x->state.addr, len);
	dma_iova_destroy(x->dev, &x->state, len, DMA_TO_DEVICE, 0);
	return ret;
}

struct deaf { struct device *dev; void *regs, *done; struct dma_iova_state state; };

static int deaf_job(struct deaf *x, dma_addr_t dma, size_t len)
{
	writel(lower_32_bits(dma), x->regs);
	writel(len, x->regs + 8);
	return wait_for_completion_timeout(x->done, 100) ? 0 : -EIO;
}

int deaf_send(struct deaf *x, struct page *page)
{
	size_t len = PAGE_SIZE;
	dma_addr_t dma;
	int ret;

	if (!dma_iova_try_alloc(x->dev, &x->state, 0, len)) {
		dma = dma_map_page(x->dev, page, 0, len, DMA_TO_DEVICE);
		if (dma_mapping_error(x->dev, dma))
			return -EIO;
		ret = deaf_job(x, dma, len);
		dma_unmap_page(x->dev, dma, len, DMA_TO_DEVICE);
		return ret;
	}
	ret = dma_iova_link(x->dev, &x->state, page_to_phys(page), 0, len, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(x->dev, &x->state);
		return ret;
	}
	dma_iova_sync(x->dev, &x->state, 0, len); // want iova-error-ignored
	ret = deaf_job(x, x->state.addr, len);
	dma_iova_destroy(x->dev, &x->state, len, DMA_TO_DEVICE, 0);
	return ret;
}

struct hurried { struct device *dev; void *regs, *done; struct dma_iova_state state; };

static int hurried_job(struct hurried *x, dma_addr_t dma, size_t len)
{
	writel(lower_32_bits(dma), x->regs);
	writel(len, x->regs + 8);
	return wait_for_completion_timeout(x->done, 100) ? 0 : -EIO;
}

int hurried_send(struct hurried *x, struct page *page)
{
	size_t len = PAGE_SIZE;
	dma_addr_t dma;
	int ret;

	if (!dma_iova_try_alloc(x->dev, &x->state, 0, len)) { // want iova-leak
		dma = dma_map_page(x->dev, page, 0, len, DMA_TO_DEVICE);
		if (dma_mapping_error(x->dev, dma))
			return -EIO;
		ret = hurried_job(x, dma, len);
		dma_unmap_page(x->dev, dma, len, DMA_TO_DEVICE);
		return ret;
	}
	ret = dma_iova_link(x->dev, &x->state, page_to_phys(page), 0, len, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(x->dev, &x->state);
		return ret;
	}
	ret = dma_iova_sync(x->dev, &x->state, 0, len);
	if (ret)
		goto destroy;
	ret = hurried_job(x, x->state.addr, len);
	if (ret)
		return ret;
destroy:
	dma_iova_destroy(x->dev, &x->state, len, DMA_TO_DEVICE, 0);
	return ret;
}

struct proud { struct device *dev; void *regs, *done; struct dma_iova_state state; };

static int proud_job(struct proud *x, dma_addr_t dma, size_t len)
{
	writel(lower_32_bits(dma), x->regs);
	writel(len, x->regs + 8);
	return wait_for_completion_timeout(x->done, 100) ? 0 : -EIO;
}

int proud_send(struct proud *x, struct page *page)
{
	size_t len = PAGE_SIZE;
	dma_addr_t dma;
	int ret;

	if (!dma_iova_try_alloc(x->dev, &x->state, 0, len)) { // want iova-missing-fallback
		return -ENOMEM;
	}
	ret = dma_iova_link(x->dev, &x->state, page_to_phys(page), 0, len, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(x->dev, &x->state);
		return ret;
	}
	ret = dma_iova_sync(x->dev, &x->state, 0, len);
	if (ret)
		goto destroy;
	ret = proud_job(x, x->state.addr, len);
destroy:
	dma_iova_destroy(x->dev, &x->state, len, DMA_TO_DEVICE, 0);
	return ret;
}

/* The subsystem's table has the function, whose caller keeps nothing when it fails. */
struct gate;
struct gate_ops { int (*write)(struct gate *, struct sg_table *); };
struct gate { struct device *dev; void *regs, *done; };

static int gate_write(struct gate *g, struct sg_table *sgt)
{
	int ret = dma_map_sgtable(g->dev, sgt, DMA_TO_DEVICE, 0); // want dma-leak

	if (ret)
		return ret;
	writel(1, g->regs);
	if (!wait_for_completion_timeout(g->done, 100))
		return -EIO;
	dma_unmap_sgtable(g->dev, sgt, DMA_TO_DEVICE, 0);
	return 0;
}

const struct gate_ops gate_ops = { .write = gate_write };
