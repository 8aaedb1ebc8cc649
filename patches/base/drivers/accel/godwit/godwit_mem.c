// SPDX-License-Identifier: GPL-2.0-only
/*
 * Godwit accelerator: what a driver looks like after the move to the two-step
 * API. One IOVA range is linked page by page where there is an IOMMU, and each
 * page is mapped by itself where there is none.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct godwit_buffer {
	struct device *dev;
	struct page **pages;
	size_t npages;
	struct dma_iova_state state;
	__le64 *descs;
};

static int godwit_link(struct godwit_buffer *buf)
{
	size_t mapped = 0;
	size_t i;
	int ret;

	for (i = 0; i < buf->npages; i++) {
		ret = dma_iova_link(buf->dev, &buf->state,
				    page_to_phys(buf->pages[i]), mapped,
				    PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
		if (ret)
			goto err_destroy;
		buf->descs[i] = cpu_to_le64(buf->state.addr + mapped);
		mapped += PAGE_SIZE;
	}

	ret = dma_iova_sync(buf->dev, &buf->state, 0, mapped);
	if (ret)
		goto err_destroy;
	return 0;

err_destroy:
	dma_iova_destroy(buf->dev, &buf->state, mapped, DMA_BIDIRECTIONAL, 0);
	return ret;
}

static int godwit_map_each(struct godwit_buffer *buf)
{
	dma_addr_t addr;
	size_t i;

	for (i = 0; i < buf->npages; i++) {
		addr = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
				    DMA_BIDIRECTIONAL);
		if (dma_mapping_error(buf->dev, addr))
			goto err_unmap;
		buf->descs[i] = cpu_to_le64(addr);
	}
	return 0;

err_unmap:
	while (i--)
		dma_unmap_page(buf->dev, le64_to_cpu(buf->descs[i]), PAGE_SIZE,
			       DMA_BIDIRECTIONAL);
	return -ENOMEM;
}

int godwit_buffer_map(struct godwit_buffer *buf)
{
	int ret;

	if (!buf->npages)
		return -EINVAL;

	buf->descs = kvcalloc(buf->npages, sizeof(*buf->descs), GFP_KERNEL);
	if (!buf->descs)
		return -ENOMEM;

	if (dma_iova_try_alloc(buf->dev, &buf->state, 0,
			       buf->npages * PAGE_SIZE))
		ret = godwit_link(buf);
	else
		ret = godwit_map_each(buf);

	if (ret) {
		kvfree(buf->descs);
		buf->descs = NULL;
	}
	return ret;
}

void godwit_buffer_unmap(struct godwit_buffer *buf)
{
	size_t i;

	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state,
				 buf->npages * PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
	} else {
		for (i = 0; i < buf->npages; i++)
			dma_unmap_page(buf->dev, le64_to_cpu(buf->descs[i]),
				       PAGE_SIZE, DMA_BIDIRECTIONAL);
	}
	kvfree(buf->descs);
	buf->descs = NULL;
}
