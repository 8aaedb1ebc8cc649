// SPDX-License-Identifier: GPL-2.0-only
// refused: a helper gets the addresses of other arrays as well
#include "../kernel.h"

/* The helper that unmaps ends mappings that are made elsewhere, too. */
struct godwit_job {
	struct page **pages;
	dma_addr_t *list;
	dma_addr_t *others;
	int npages;
};

int godwit_map(struct device *dev, struct godwit_job *job)
{
	int i;

	for (i = 0; i < job->npages; i++) {
		job->list[i] = dma_map_page(dev, job->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, job->list[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(dev, job->list[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -EIO;
}

static void godwit_unmap_list(struct device *dev, int npages,
			      dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void godwit_unmap(struct device *dev, struct godwit_job *job)
{
	godwit_unmap_list(dev, job->npages, job->list);
	godwit_unmap_list(dev, job->npages, job->others);
}
