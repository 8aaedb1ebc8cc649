// SPDX-License-Identifier: GPL-2.0-only
// refused: curlew_map_list() gets list from callers in other files
#include "../kernel.h"

int curlew_map_list(struct device *dev, struct page **pages, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		list[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, list[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -EIO;
}

static void curlew_unmap_list(struct device *dev, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

struct curlew_job {
	struct page **pages;
	dma_addr_t *list;
	int npages;
};

int curlew_map(struct device *dev, struct curlew_job *job)
{
	return curlew_map_list(dev, job->pages, job->npages, job->list);
}

void curlew_unmap(struct device *dev, struct curlew_job *job)
{
	curlew_unmap_list(dev, job->npages, job->list);
}
