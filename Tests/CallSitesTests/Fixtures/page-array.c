// SPDX-License-Identifier: GPL-2.0-only
/* A buffer of whole pages, mapped and unmapped as one. */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct teal_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	unsigned int count;
};

int teal_map(struct teal_buffer *buffer)
{
	unsigned int i;

	for (i = 0; i < buffer->count; i++) {
		buffer->addrs[i] = dma_map_page(buffer->dev, buffer->pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL); // want convert-page-array checked
		if (dma_mapping_error(buffer->dev, buffer->addrs[i]))
			goto undo;
	}
	return 0;
undo:
	while (i--)
		dma_unmap_page(buffer->dev, buffer->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	return -EIO;
}

void teal_unmap(struct teal_buffer *buffer)
{
	unsigned int i;

	for (i = 0; i < buffer->count; i++)
		dma_unmap_page(buffer->dev, buffer->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
}

struct teal_part {
	struct page *page;
	dma_addr_t dma;
	unsigned int bytes;
};

/* Sizes that may end inside a granule are no whole pages. */
int teal_map_parts(struct device *dev, struct teal_part *part, int n)
{
	for (; n; n--, part++) {
		part->dma = dma_map_page(dev, part->page, 0, part->bytes, DMA_TO_DEVICE); // want manual-odd-sizes checked
		if (dma_mapping_error(dev, part->dma))
			return -EIO;
	}
	return 0;
}

void teal_unmap_parts(struct device *dev, struct teal_part *part, int n)
{
	while (n--)
		dma_unmap_page(dev, part[n].dma, part[n].bytes, DMA_TO_DEVICE);
}

/* Nothing in this file unmaps what it maps. */
void teal_forget(struct device *dev, struct page **pages, u64 *table, int n)
{
	int i;

	for (i = 0; i < n; i++)
		table[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want manual-no-unmap-loop absent
}

struct teal_probe {
	void *chunk[8];
	dma_addr_t bus[8];
};

int teal_map_chunks(struct device *dev, struct teal_probe *probe)
{
	int i = 0;

	while (i < 8) {
		dma_addr_t bus = dma_map_single(dev, probe->chunk[i], 512, DMA_TO_DEVICE); // want manual-kernel-buffers checked

		if (unlikely(dma_mapping_error(dev, bus)))
			return -EIO;
		probe->bus[i] = bus;
		i++;
	}
	return 0;
}

void teal_unmap_chunks(struct device *dev, struct teal_probe *probe)
{
	int i;

	for (i = 7; i >= 0; i--)
		dma_unmap_single(dev, probe->bus[i], 512, DMA_TO_DEVICE);
}
