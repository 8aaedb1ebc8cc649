// SPDX-License-Identifier: GPL-2.0-only
/* pages allocated in bulk through a member that is one pointer, read back after the device wrote */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/slab.h>

struct bl_buf {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	u32 npages;
	u8 *reply;
	dma_addr_t reply_dma;
	u32 status;
};

static int bl_add_pages(struct page ***list, u32 want)
{
	u32 got, i;

	*list = kvcalloc(want, sizeof(**list), GFP_KERNEL);
	if (!*list)
		return -ENOMEM;
	got = alloc_pages_bulk_array(GFP_KERNEL, want, *list);
	if (got == want)
		return 0;
	for (i = 0; i < got; i++)
		__free_page((*list)[i]); //~precedence:c-out-of-bounds __free_page(*list[i]);
	kvfree(*list);
	*list = NULL;
	return -ENOMEM;
}

static void bl_free_pages(struct bl_buf *b)
{
	u32 i;

	for (i = 0; i < b->npages; i++)
		__free_page(b->pages[i]);
	kvfree(b->pages);
}

int bl_alloc(struct bl_buf *b, u32 npages);
int bl_alloc(struct bl_buf *b, u32 npages)
{
	u32 n = 0;
	int ret;

	ret = bl_add_pages(&b->pages, npages);
	if (ret)
		return ret;
	b->npages = npages;
	b->addrs = kvcalloc(npages, sizeof(*b->addrs), GFP_KERNEL);
	if (!b->addrs) {
		ret = -ENOMEM;
		goto free_pages;
	}
	for (; n < npages; n++) {
		b->addrs[n] = dma_map_page(b->dev, b->pages[n], 0, PAGE_SIZE, DMA_FROM_DEVICE); /*@one*/
		ret = dma_mapping_error(b->dev, b->addrs[n]);
		if (ret)
			goto unmap;
	}
	return 0;

unmap:
	while (n > 0) //~one:dma-leak while (n > 1)
		dma_unmap_page(b->dev, b->addrs[--n], PAGE_SIZE, DMA_FROM_DEVICE);
	kvfree(b->addrs);
free_pages:
	bl_free_pages(b);
	return ret;
}

void bl_free(struct bl_buf *b);
void bl_free(struct bl_buf *b)
{
	u32 n;

	for (n = 0; n < b->npages; n++)
		dma_unmap_page(b->dev, b->addrs[n], PAGE_SIZE, DMA_FROM_DEVICE);
	kvfree(b->addrs);
	bl_free_pages(b);
}

int bl_query(struct bl_buf *b, void *regs);
int bl_query(struct bl_buf *b, void *regs)
{
	b->reply = kmalloc(64, GFP_KERNEL); //~toolate:c-uninitialised-read b->reply = kmalloc(64, GFP_KERNEL); if (b->reply && b->reply[0]) return -EIO;
	if (!b->reply)
		return -ENOMEM;
	b->reply_dma = dma_map_single(b->dev, b->reply, 64, DMA_FROM_DEVICE);
	if (dma_mapping_error(b->dev, b->reply_dma)) {
		kfree(b->reply);
		return -EIO;
	}
	writeq(b->reply_dma, regs);
	return 0;
}

void bl_query_done(struct bl_buf *b);
void bl_query_done(struct bl_buf *b)
{
	dma_sync_single_for_cpu(b->dev, b->reply_dma, 4, DMA_FROM_DEVICE); //~early:coherency-missing-sync ; //~lastbyte:coherency-missing-sync dma_sync_single_for_cpu(b->dev, b->reply_dma, 1, DMA_FROM_DEVICE);
	b->status = *(u32 *)b->reply; /*@early*/ /*@lastbyte*/
	dma_unmap_single(b->dev, b->reply_dma, 64, DMA_FROM_DEVICE);
	kfree(b->reply);
}
