// SPDX-License-Identifier: GPL-2.0-only
// refused: is kept in several fields
#include "../kernel.h"

/* One helper maps two arrays: there is no one place for the state. */
struct godwit_job {
	struct page **source;
	dma_addr_t *source_list;
	struct page **target;
	dma_addr_t *target_list;
	int npages;
};

static int godwit_map_list(struct device *dev, struct page **pages, int npages, dma_addr_t *list)
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

static void godwit_unmap_list(struct device *dev, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

int godwit_map(struct device *dev, struct godwit_job *job)
{
	int error = godwit_map_list(dev, job->source, job->npages, job->source_list);

	if (error)
		return error;
	error = godwit_map_list(dev, job->target, job->npages, job->target_list);
	if (error)
		godwit_unmap_list(dev, job->npages, job->source_list);
	return error;
}

void godwit_unmap(struct device *dev, struct godwit_job *job)
{
	godwit_unmap_list(dev, job->npages, job->target_list);
	godwit_unmap_list(dev, job->npages, job->source_list);
}
