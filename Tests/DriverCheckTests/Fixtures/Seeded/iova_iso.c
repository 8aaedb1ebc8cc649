// SPDX-License-Identifier: GPL-2.0-only
/* an isochronous buffer of pages in one IOVA range, page by page without one */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct ii_buffer {
	struct device *dev;
	enum dma_data_direction dir;
	struct page **pages;
	unsigned int page_count;
	struct dma_iova_state state;
	dma_addr_t *addrs;
	size_t linked;
};

static void ii_unmap(struct ii_buffer *b, unsigned int count)
{
	unsigned int i;

	if (dma_use_iova(&b->state)) {
		dma_iova_destroy(b->dev, &b->state, b->linked, b->dir, 0); //~dlen:iova-destroy-length dma_iova_destroy(b->dev, &b->state, b->linked + PAGE_SIZE, b->dir, 0); //~ddir:iova-unlink-mismatch dma_iova_destroy(b->dev, &b->state, b->linked, DMA_BIDIRECTIONAL, 0);
		return;
	}
	for (i = 0; i < count; i++)
		dma_unmap_page(b->dev, b->addrs[i], PAGE_SIZE, b->dir);
}

int ii_map(struct ii_buffer *b);
int ii_map(struct ii_buffer *b)
{
	size_t offset = 0;
	unsigned int i;
	int err;

	if (!b->page_count || b->page_count > 64)
		return -EINVAL;
	b->linked = 0;
	b->addrs = kcalloc(b->page_count, sizeof(*b->addrs), GFP_KERNEL); /*@lost*/
	if (!b->addrs)
		return -ENOMEM;
	if (dma_iova_try_alloc(b->dev, &b->state, 0, b->page_count * PAGE_SIZE)) { /*@iovakept*/ //~small:iova-link-out-of-bounds if (dma_iova_try_alloc(b->dev, &b->state, 0, (b->page_count - 1) * PAGE_SIZE + 1)) {
		for (i = 0; i < b->page_count; i++) {
			err = dma_iova_link(b->dev, &b->state, page_to_phys(b->pages[i]), offset, PAGE_SIZE, b->dir, 0); /*@small*/ /*@nosync*/ //~same:iova-link-overlap err = dma_iova_link(b->dev, &b->state, page_to_phys(b->pages[i]), 0, PAGE_SIZE, b->dir, 0);
			if (err)
				goto undo; //~iovakept:iova-leak goto free;
			b->addrs[i] = b->state.addr + offset;
			offset += PAGE_SIZE;
			b->linked = offset;
		}
		err = dma_iova_sync(b->dev, &b->state, 0, offset); //~nosync:iova-missing-sync err = 0;
		if (err)
			goto undo;
		return 0;
	}
	for (i = 0; i < b->page_count; i++) {
		b->addrs[i] = dma_map_page(b->dev, b->pages[i], 0, PAGE_SIZE, b->dir); /*@fbkept*/
		if (dma_mapping_error(b->dev, b->addrs[i])) {
			err = -ENOMEM;
			goto undo; //~fbkept:dma-leak goto free;
		}
	}
	return 0;

undo:
	ii_unmap(b, i);
free:
	kfree(b->addrs); //~lost:c-memory-leak ;
	b->addrs = NULL;
	return err;
}

void ii_release(struct ii_buffer *b);
void ii_release(struct ii_buffer *b)
{
	ii_unmap(b, b->page_count);
	kfree(b->addrs);
	b->addrs = NULL;
}
