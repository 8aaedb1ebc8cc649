// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>

struct lp_buf {
	struct device *dev;
	enum dma_data_direction dir;
	struct dma_iova_state state;
	size_t mapped_len;
	__le64 *mtt;
	u32 npages;
	struct page **pages;
};

static void lp_unregister(struct lp_buf *b, u32 npages)
{
	u32 i;

	if (dma_use_iova(&b->state)) { //~mixed:iova-mixed-unmap if (0) {
		dma_iova_destroy(b->dev, &b->state, b->mapped_len, b->dir, 0); //~dlen:iova-destroy-length dma_iova_destroy(b->dev, &b->state, PAGE_SIZE, b->dir, 0);
	} else {
		for (i = 0; i < npages; i++)
			dma_unmap_page(b->dev, le64_to_cpu(b->mtt[i]), PAGE_SIZE, b->dir); /*@mixed*/
	}
}

static int lp_register(struct lp_buf *b, struct page **pages, u32 npages)
{
	dma_addr_t addr;
	u32 i;
	int err;

	b->mapped_len = 0;
	if (dma_iova_try_alloc(b->dev, &b->state, 0, (size_t)npages * PAGE_SIZE)) { /*@iovaleak*/
		addr = b->state.addr;
		for (i = 0; i < npages; i++) {
			err = dma_iova_link(b->dev, &b->state, page_to_phys(pages[i]), b->mapped_len, PAGE_SIZE, b->dir, 0); /*@nosync*/ //~overlap:iova-link-overlap err = dma_iova_link(b->dev, &b->state, page_to_phys(pages[i]), 0, PAGE_SIZE, b->dir, 0); //~oob:iova-link-out-of-bounds err = dma_iova_link(b->dev, &b->state, page_to_phys(pages[i]), b->mapped_len + PAGE_SIZE, PAGE_SIZE, b->dir, 0);
			if (err)
				goto destroy; //~iovaleak:iova-leak return err;
			b->mtt[i] = cpu_to_le64(addr);
			addr += PAGE_SIZE;
			b->mapped_len += PAGE_SIZE;
		}
		err = dma_iova_sync(b->dev, &b->state, 0, b->mapped_len); //~nosync:iova-missing-sync err = 0; //~synclen:iova-sync-outside-linked err = dma_iova_sync(b->dev, &b->state, 0, b->mapped_len + PAGE_SIZE);
		if (err)
			goto destroy;
		return 0;
	}
	for (i = 0; i < npages; i++) {
		addr = dma_map_page(b->dev, pages[i], 0, PAGE_SIZE, b->dir); /*@unchk*/
		if (dma_mapping_error(b->dev, addr)) { //~unchk:dma-mapping-error-unchecked if (0) {
			err = -ENOMEM;
			goto unmap;
		}
		b->mtt[i] = cpu_to_le64(addr);
	}
	return 0;
destroy:
	dma_iova_destroy(b->dev, &b->state, b->mapped_len, b->dir, 0); //~destexc:iova-destroy-length dma_iova_destroy(b->dev, &b->state, b->mapped_len + PAGE_SIZE, b->dir, 0);
	return err;
unmap:
	while (i--)
		dma_unmap_page(b->dev, le64_to_cpu(b->mtt[i]), PAGE_SIZE, b->dir);
	return err;
}

int lp_setup(struct lp_buf *b, struct page **pages, u32 npages);
int lp_setup(struct lp_buf *b, struct page **pages, u32 npages)
{
	int ret;

	b->mtt = kvcalloc(npages, sizeof(*b->mtt), GFP_KERNEL); /*@mttleak*/
	if (!b->mtt)
		return -ENOMEM;
	ret = lp_register(b, pages, npages);
	if (ret) {
		kvfree(b->mtt); //~mttleak:c-memory-leak b->mtt = NULL;
		return ret;
	}
	b->npages = npages;
	return 0;
}

void lp_teardown(struct lp_buf *b);
void lp_teardown(struct lp_buf *b)
{
	lp_unregister(b, b->npages); //~teardbl:iova-double-free lp_unregister(b, b->npages); lp_unregister(b, b->npages);
	kvfree(b->mtt); //~uaf:c-double-free kvfree(b->mtt); kvfree(b->mtt);
}
