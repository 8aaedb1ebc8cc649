// SPDX-License-Identifier: GPL-2.0-only
/*
 * Egret live migration: the device saves its state into pages that are read
 * out afterwards. The scatterlist exists only to map them.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct egret_state {
	struct device *dev;
	struct page **pages;
	unsigned int npages;
	struct sg_table sgt;
	__le64 *mtt;
	enum dma_data_direction dir;
};

static void egret_state_free_pages(struct egret_state *state, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		__free_page(state->pages[i]);
	kvfree(state->pages);
	state->pages = NULL;
}

static int egret_state_alloc_pages(struct egret_state *state)
{
	unsigned long filled;

	state->pages = kvcalloc(state->npages, sizeof(*state->pages),
				GFP_KERNEL_ACCOUNT);
	if (!state->pages)
		return -ENOMEM;

	filled = alloc_pages_bulk(GFP_KERNEL_ACCOUNT, state->npages,
				  state->pages);
	if (filled < state->npages) {
		egret_state_free_pages(state, filled);
		return -ENOMEM;
	}
	return 0;
}

static void egret_state_fill_mtt(struct egret_state *state)
{
	struct sg_dma_page_iter iter;
	unsigned int i = 0;

	for_each_sgtable_dma_page(&state->sgt, &iter, 0)
		state->mtt[i++] = cpu_to_le64(sg_page_iter_dma_address(&iter));
}

int egret_state_create(struct egret_state *state, unsigned int npages)
{
	int ret;

	if (!npages)
		return -EINVAL;

	state->npages = npages;
	ret = egret_state_alloc_pages(state);
	if (ret)
		return ret;

	ret = sg_alloc_table_from_pages(&state->sgt, state->pages, npages, 0,
					(unsigned long)npages << PAGE_SHIFT,
					GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_pages;

	ret = dma_map_sgtable(state->dev, &state->sgt, state->dir, 0);
	if (ret)
		goto err_table;

	state->mtt = kvcalloc(npages, sizeof(*state->mtt), GFP_KERNEL_ACCOUNT);
	if (!state->mtt) {
		ret = -ENOMEM;
		goto err_unmap;
	}
	egret_state_fill_mtt(state);
	return 0;

err_unmap:
	dma_unmap_sgtable(state->dev, &state->sgt, state->dir, 0);
err_table:
	sg_free_table(&state->sgt);
err_pages:
	egret_state_free_pages(state, npages);
	return ret;
}

void egret_state_destroy(struct egret_state *state)
{
	kvfree(state->mtt);
	state->mtt = NULL;
	dma_unmap_sgtable(state->dev, &state->sgt, state->dir, 0);
	sg_free_table(&state->sgt);
	egret_state_free_pages(state, state->npages);
}
