// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

#define SERIN_MOST	32

struct serin_ring {
	struct device *dev;
	struct page **pages;
	dma_addr_t *dma_addrs;
	struct dma_iova_state state;
	unsigned int npages;
	unsigned int size;
};

int serin_tell(struct device *dev, unsigned int number, dma_addr_t addr);

static int serin_add_pages(struct serin_ring *buf, struct page **pages, unsigned int npages,
			   gfp_t gfp)
{
	unsigned long room = roundup_pow_of_two(buf->npages + npages);
	struct page **all = buf->pages;

	if (!all || room > roundup_pow_of_two(buf->npages)) {
		all = kvrealloc(all, size_mul(room, sizeof(*all)), gfp);
		if (!all)
			return -ENOMEM;
		buf->pages = all;
	}
	memcpy(all + buf->npages, pages, npages * sizeof(*all));
	buf->npages += npages;
	return 0;
}

static void serin_free_pages(struct serin_ring *buf)
{
	kvfree(buf->pages);
	buf->pages = NULL;
	buf->npages = 0;
}

static dma_addr_t serin_page_addr(struct serin_ring *buf, unsigned int i)
{
	if (dma_use_iova(&buf->state))
		return buf->state.addr + (size_t)i * PAGE_SIZE;
	return buf->dma_addrs[i];
}

static void serin_unmap_pages(struct device *dev, struct serin_ring *buf,
			      enum dma_data_direction dir)
{
	unsigned int i;

	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(dev, &buf->state, (size_t)buf->npages * PAGE_SIZE, dir, 0);
		return;
	}
	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(dev, buf->dma_addrs[i], PAGE_SIZE, dir);
	kvfree(buf->dma_addrs);
	buf->dma_addrs = NULL;
}

static int serin_map_pages(struct device *dev, struct serin_ring *buf, enum dma_data_direction dir)
{
	size_t size = (size_t)buf->npages * PAGE_SIZE;
	unsigned int i;
	int ret;

	if (dma_iova_try_alloc(dev, &buf->state, 0, size)) {
		for (i = 0; i < buf->npages; i++) {
			ret = dma_iova_link(dev, &buf->state, page_to_phys(buf->pages[i]),
					    (size_t)i * PAGE_SIZE, PAGE_SIZE, dir, 0);
			if (ret)
				goto err_destroy;
		}
		ret = dma_iova_sync(dev, &buf->state, 0, size);
		if (ret)
			goto err_destroy;
		return 0;
	}

	buf->dma_addrs = kvcalloc(buf->npages, sizeof(*buf->dma_addrs), GFP_KERNEL);
	if (!buf->dma_addrs)
		return -ENOMEM;
	for (i = 0; i < buf->npages; i++) {
		buf->dma_addrs[i] = dma_map_page(dev, buf->pages[i], 0, PAGE_SIZE, dir);
		ret = dma_mapping_error(dev, buf->dma_addrs[i]);
		if (ret)
			goto err_unmap;
	}
	return 0;

err_unmap:
	while (i--)
		dma_unmap_page(dev, buf->dma_addrs[i], PAGE_SIZE, dir);
	kvfree(buf->dma_addrs);
	buf->dma_addrs = NULL;
	return ret;

err_destroy:
	dma_iova_destroy(dev, &buf->state, (size_t)i * PAGE_SIZE, dir, 0);
	return ret;
}

static int serin_fill(struct serin_ring *ring, struct page **pages, unsigned int count)
{
	unsigned int got;
	int ret = -ENOMEM;

	for (got = 0; got < count; got++) {
		pages[got] = alloc_page(GFP_KERNEL);
		if (!pages[got])
			goto free;
	}
	ret = serin_add_pages(ring, pages, count, GFP_KERNEL);
	if (ret)
		goto free;
	return 0;

free:
	while (got--)
		__free_page(pages[got]);
	return ret;
}

static void serin_empty(struct serin_ring *ring)
{
	unsigned int i;

	for (i = 0; i < ring->npages; i++)
		__free_page(ring->pages[i]);
	serin_free_pages(ring);
}

int serin_start(struct serin_ring *ring, unsigned int count)
{
	unsigned int i;
	unsigned int number = 0;
	struct page **pages;
	int ret;

	if (!count || count > SERIN_MOST)
		return -EINVAL;
	pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	ret = serin_fill(ring, pages, count);
	kfree(pages);
	if (ret)
		return ret;
	ret = serin_map_pages(ring->dev, ring, DMA_FROM_DEVICE);
	if (ret) {
		serin_empty(ring);
		return ret;
	}
	for (i = 0; i < ring->npages; i++)
		serin_tell(ring->dev, number++, serin_page_addr(ring, i));
	ring->size = count;
	return 0;
}

void serin_stop(struct serin_ring *ring)
{
	serin_unmap_pages(ring->dev, ring, DMA_FROM_DEVICE);
	serin_empty(ring);
	ring->size = 0;
}

struct serin_ring *serin_make(struct device *dev)
{
	struct serin_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);

	if (ring)
		ring->dev = dev;
	return ring;
}
