// SPDX-License-Identifier: GPL-2.0-only
// refused: builds the table from pages, which struct serin_ring keeps anyway
#include "../kernel.h"

#define SERIN_MOST	32

struct serin_ring {
	struct device *dev;
	struct sg_table table;
	struct page **pages;
	unsigned int size;
};

int serin_tell(struct device *dev, unsigned int number, dma_addr_t addr);

static int serin_fill(struct serin_ring *ring, unsigned int count)
{
	unsigned int got;
	int ret = -ENOMEM;

	for (got = 0; got < count; got++) {
		ring->pages[got] = alloc_page(GFP_KERNEL);
		if (!ring->pages[got])
			goto free;
	}
	ret = sg_alloc_table_from_pages(&ring->table, ring->pages, count, 0, count * PAGE_SIZE,
					GFP_KERNEL);
	if (ret)
		goto free;
	return 0;

free:
	while (got--)
		__free_page(ring->pages[got]);
	return ret;
}

static void serin_empty(struct serin_ring *ring)
{
	struct sg_page_iter iter;

	for_each_sgtable_page(&ring->table, &iter, 0)
		__free_page(sg_page_iter_page(&iter));
	sg_free_table(&ring->table);
}

int serin_start(struct serin_ring *ring, unsigned int count)
{
	struct sg_dma_page_iter iter;
	unsigned int number = 0;
	int ret;

	if (!count || count > SERIN_MOST)
		return -EINVAL;
	ring->pages = kcalloc(count, sizeof(*ring->pages), GFP_KERNEL);
	if (!ring->pages)
		return -ENOMEM;
	ret = serin_fill(ring, count);
	if (ret) {
		kfree(ring->pages);
		return ret;
	}
	ret = dma_map_sgtable(ring->dev, &ring->table, DMA_FROM_DEVICE, 0);
	if (ret) {
		serin_empty(ring);
		kfree(ring->pages);
		return ret;
	}
	for_each_sgtable_dma_page(&ring->table, &iter, 0)
		serin_tell(ring->dev, number++, sg_page_iter_dma_address(&iter));
	ring->size = count;
	return 0;
}

void serin_stop(struct serin_ring *ring)
{
	dma_unmap_sgtable(ring->dev, &ring->table, DMA_FROM_DEVICE, 0);
	serin_empty(ring);
	kfree(ring->pages);
	ring->size = 0;
}

struct serin_ring *serin_make(struct device *dev)
{
	struct serin_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);

	if (ring)
		ring->dev = dev;
	return ring;
}
