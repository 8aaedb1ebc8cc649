// SPDX-License-Identifier: GPL-2.0-only
/* One mistake of the two-step protocol for each pair of functions. */
#include "kernel.h"

struct nosync { struct device *dev; struct dma_iova_state state; };

int nosync_map(struct nosync *s, struct page *page)
{
	int err;

	if (!dma_iova_try_alloc(s->dev, &s->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	err = dma_iova_link(s->dev, &s->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0); // want iova-missing-sync
	if (err)
		dma_iova_free(s->dev, &s->state);
	return err;
}

void nosync_unmap(struct nosync *s)
{
	dma_iova_destroy(s->dev, &s->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

struct leak { struct device *dev; struct dma_iova_state state; };

int leak_map(struct leak *s, struct page *page)
{
	int err;

	if (!dma_iova_try_alloc(s->dev, &s->state, 0, PAGE_SIZE)) // want iova-leak iova-missing-fallback
		return -ENOMEM;
	err = dma_iova_link(s->dev, &s->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (err)
		return err;
	err = dma_iova_sync(s->dev, &s->state, 0, PAGE_SIZE);
	if (err)
		dma_iova_destroy(s->dev, &s->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	return err;
}

void leak_unmap(struct leak *s)
{
	dma_iova_destroy(s->dev, &s->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

struct over { struct device *dev; struct dma_iova_state state; };

int over_map(struct over *s, struct page **pages)
{
	int i, err;

	if (!dma_iova_try_alloc(s->dev, &s->state, 0, 2 * PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	for (i = 0; i <= 2; i++) {
		err = dma_iova_link(s->dev, &s->state, page_to_phys(pages[i]), i * PAGE_SIZE, // want iova-link-out-of-bounds
				    PAGE_SIZE, DMA_TO_DEVICE, 0);
		if (err)
			goto err;
	}
	err = dma_iova_sync(s->dev, &s->state, 0, 2 * PAGE_SIZE);
	if (err)
		goto err;
	return 0;
err:
	dma_iova_destroy(s->dev, &s->state, i * PAGE_SIZE, DMA_TO_DEVICE, 0);
	return err;
}

void over_unmap(struct over *s)
{
	dma_iova_destroy(s->dev, &s->state, 2 * PAGE_SIZE, DMA_TO_DEVICE, 0);
}

struct twice { struct device *dev; struct dma_iova_state state; };

int twice_map(struct twice *s, struct page *page)
{
	int err;

	if (!dma_iova_try_alloc(s->dev, &s->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	err = dma_iova_link(s->dev, &s->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (err) {
		dma_iova_free(s->dev, &s->state);
		return err;
	}
	err = dma_iova_link(s->dev, &s->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0); // want iova-link-overlap
	if (err) {
		dma_iova_destroy(s->dev, &s->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
		return err;
	}
	return dma_iova_sync(s->dev, &s->state, 0, PAGE_SIZE);
}

void twice_unmap(struct twice *s)
{
	dma_iova_destroy(s->dev, &s->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

int stale_map(struct device *dev, struct page *page)
{
	struct dma_iova_state state;
	int err;

	err = dma_iova_link(dev, &state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0); // want iova-stale-state
	return err;
}

/* A state of nonsense, whose end lies before its beginning, is given back. */
struct soiled { struct device *dev; struct dma_iova_state state; dma_addr_t dma; };

int soiled_map(struct soiled *s, struct page *page)
{
	s->dma = dma_map_page(s->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(s->dev, s->dma) ? -EIO : 0;
}

void soiled_unmap(struct soiled *s)
{
	dma_unmap_page(s->dev, s->dma, PAGE_SIZE, DMA_TO_DEVICE);
	__builtin_memset(&s->state, 0xff, sizeof(s->state));
	dma_iova_free(s->dev, &s->state); // want iova-stale-state
}
