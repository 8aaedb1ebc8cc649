// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct merganser_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int merganser_map(struct merganser_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-unmapped-one-by-one
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void merganser_unmap(struct merganser_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void merganser_drop(struct merganser_group *group, int i)
{
	dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

/* A local array becomes a field, and single entries of that are unmapped. */
struct hooded_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int hooded_attach(struct hooded_buffer *buffer)
{
	dma_addr_t *addrs = kcalloc(buffer->npages, sizeof(*addrs), GFP_KERNEL);
	int i;

	if (!addrs)
		return -ENOMEM;
	for (i = 0; i < buffer->npages; i++) {
		addrs[i] = dma_map_page(buffer->dev, buffer->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-unmapped-one-by-one
		if (dma_mapping_error(buffer->dev, addrs[i])) {
			while (i--)
				dma_unmap_page(buffer->dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
			kfree(addrs);
			return -EIO;
		}
	}
	buffer->addrs = addrs;
	return 0;
}

void hooded_detach_one(struct hooded_buffer *buffer, int i)
{
	dma_unmap_page(buffer->dev, buffer->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

/* A ring that is filled as a whole and emptied from anywhere. */
struct smew_ring {
	struct device *dev;
	struct page *pages[64];
	dma_addr_t addrs[64];
	int read;
};

int smew_fill(struct smew_ring *ring)
{
	int i;

	for (i = 0; i < 64; i++) {
		ring->addrs[i] = dma_map_page(ring->dev, ring->pages[i], 0, PAGE_SIZE, DMA_FROM_DEVICE); // want keep-unmapped-one-by-one
		if (dma_mapping_error(ring->dev, ring->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
	return -EIO;
}

void smew_receive(struct smew_ring *ring, int budget)
{
	int i = ring->read;

	while (budget--) {
		dma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
		if (++i == 64)
			i = 0;
	}
	ring->read = i;
}
