// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heron capture card: user memory pinned for the card to write to.
 *
 * The card reads the addresses from a table in coherent memory, so the mapping
 * loop writes descriptors and keeps no addresses elsewhere.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct heron_desc {
	__le64 addr;
	__le32 len;
	__le32 flags;
};

#define HERON_DESC_VALID	1

struct heron_window {
	struct device *dev;
	struct heron_desc *table;
	dma_addr_t table_dma;
	struct page **pages;
	int npages;
};

static int heron_window_fill(struct heron_window *win)
{
	dma_addr_t addr;
	int i;

	for (i = 0; i < win->npages; i++) {
		addr = dma_map_page(win->dev, win->pages[i], 0, PAGE_SIZE,
				    DMA_FROM_DEVICE);
		if (dma_mapping_error(win->dev, addr)) {
			while (--i >= 0) {
				addr = le64_to_cpu(win->table[i].addr);
				dma_unmap_page(win->dev, addr, PAGE_SIZE,
					       DMA_FROM_DEVICE);
			}
			return -EIO;
		}
		win->table[i].addr = cpu_to_le64(addr);
		win->table[i].len = cpu_to_le32(PAGE_SIZE);
		win->table[i].flags = cpu_to_le32(HERON_DESC_VALID);
	}
	return 0;
}

int heron_window_open(struct heron_window *win)
{
	size_t size = win->npages * sizeof(*win->table);
	int ret;

	if (win->npages <= 0)
		return -EINVAL;

	win->table = dma_alloc_coherent(win->dev, size, &win->table_dma,
					GFP_KERNEL);
	if (!win->table)
		return -ENOMEM;

	ret = heron_window_fill(win);
	if (ret) {
		dma_free_coherent(win->dev, size, win->table, win->table_dma);
		win->table = NULL;
	}
	return ret;
}

void heron_window_close(struct heron_window *win)
{
	size_t size = win->npages * sizeof(*win->table);
	int i;

	for (i = 0; i < win->npages; i++)
		dma_unmap_page(win->dev, le64_to_cpu(win->table[i].addr),
			       PAGE_SIZE, DMA_FROM_DEVICE);
	dma_free_coherent(win->dev, size, win->table, win->table_dma);
	win->table = NULL;
}
