// SPDX-License-Identifier: GPL-2.0-only
/* migration data buffers: pages allocated in bulk, linked in a while loop, state by pointer */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

struct mg_buf {
	struct page **page_list;
	u32 npages;
	struct dma_iova_state state;
	enum dma_data_direction dir;
	dma_addr_t *addrs;
	bool mapped;
};

static int mg_add_pages(struct page ***list, u32 npages)
{
	u32 filled, done = 0;
	u32 i;

	*list = kvcalloc(npages, sizeof(struct page *), GFP_KERNEL_ACCOUNT); /*@listleak*/
	if (!*list)
		return -ENOMEM;
	do {
		filled = alloc_pages_bulk_array(GFP_KERNEL_ACCOUNT, npages - done, *list + done);
		if (!filled)
			goto err;
		done += filled;
	} while (done < npages);
	return 0;
err:
	for (i = 0; i < done; i++)
		__free_page((*list)[i]);
	kvfree(*list); //~listleak:c-memory-leak ;
	*list = NULL;
	return -ENOMEM;
}

static void mg_free_pages(struct page **list, u32 npages)
{
	u32 i;

	for (i = 0; i < npages; i++)
		__free_page(list[i]);
	kvfree(list);
}

static void mg_unmap(struct device *dev, struct dma_iova_state *state, dma_addr_t *addrs, u32 npages, enum dma_data_direction dir)
{
	u32 i;

	if (dma_use_iova(state)) {
		dma_iova_destroy(dev, state, (size_t)npages * PAGE_SIZE, dir, 0); //~dir:iova-unlink-mismatch dma_iova_destroy(dev, state, (size_t)npages * PAGE_SIZE, DMA_BIDIRECTIONAL, 0); //~freeonly:iova-range-leak dma_iova_free(dev, state);
		return;
	}
	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, dir);
}

static int mg_map(struct device *dev, struct dma_iova_state *state, struct page **list, dma_addr_t *addrs, u32 npages, enum dma_data_direction dir)
{
	size_t off = 0;
	u32 i = 0;
	int ret = 0;

	if (!dma_iova_try_alloc(dev, state, 0, (size_t)npages << PAGE_SHIFT))
		goto fallback;
	while (i < npages) {
		ret = dma_iova_link(dev, state, page_to_phys(list[i]), off, PAGE_SIZE, dir, 0); /*@ignore*/ /*@half*/
		if (ret) //~ignore:iova-error-ignored if (0)
			goto undo;
		addrs[i] = state->addr + off;
		off += PAGE_SIZE;
		i++;
	}
	ret = dma_iova_sync(dev, state, 0, off); /*@ignsync*/ //~half:iova-missing-sync ret = dma_iova_sync(dev, state, 0, PAGE_SIZE);
	if (ret) //~ignsync:iova-error-ignored if (0)
		goto undo;
	return 0;
undo:
	if (off)
		dma_iova_unlink(dev, state, 0, off, dir, 0); //~undodir:iova-unlink-mismatch dma_iova_unlink(dev, state, 0, off, DMA_NONE, 0);
	dma_iova_free(dev, state); //~undotwice:iova-double-free dma_iova_free(dev, state); dma_iova_free(dev, state);
	return ret;
fallback:
	for (i = 0; i < npages; i++) {
		addrs[i] = dma_map_page(dev, list[i], 0, PAGE_SIZE, dir); /*@fbleak*/
		if (dma_mapping_error(dev, addrs[i])) {
			while (i--)
				dma_unmap_page(dev, addrs[i], PAGE_SIZE, dir); //~fbleak:dma-leak ;
			return -EIO;
		}
	}
	return 0;
}

struct mg_buf *mg_alloc_buffer(struct device *dev, u32 npages, enum dma_data_direction dir);
struct mg_buf *mg_alloc_buffer(struct device *dev, u32 npages, enum dma_data_direction dir)
{
	struct mg_buf *buf;
	int ret;

	buf = kzalloc(sizeof(*buf), GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf->dir = dir;
	buf->npages = npages;
	ret = mg_add_pages(&buf->page_list, npages);
	if (ret)
		goto free_buf;
	buf->addrs = kvcalloc(npages, sizeof(*buf->addrs), GFP_KERNEL_ACCOUNT);
	if (!buf->addrs) {
		ret = -ENOMEM;
		goto free_pages;
	}
	ret = mg_map(dev, &buf->state, buf->page_list, buf->addrs, npages, dir);
	if (ret)
		goto free_addrs;
	buf->mapped = true;
	return buf;
free_addrs:
	kvfree(buf->addrs);
free_pages:
	mg_free_pages(buf->page_list, npages);
free_buf:
	kfree(buf);
	return ERR_PTR(ret);
}

void mg_free_buffer(struct device *dev, struct mg_buf *buf);
void mg_free_buffer(struct device *dev, struct mg_buf *buf)
{
	if (buf->mapped)
		mg_unmap(dev, &buf->state, buf->addrs, buf->npages, buf->dir);
	kvfree(buf->addrs);
	mg_free_pages(buf->page_list, buf->npages);
	kfree(buf);
}
