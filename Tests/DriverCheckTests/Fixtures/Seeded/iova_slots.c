// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define SLOTS 2
#define SLOT_BYTES (2 * PAGE_SIZE)

struct slot_dev {
	struct device *dev;
	struct dma_iova_state state;
	struct page *pages[SLOTS];
	dma_addr_t addrs[SLOTS];
	size_t linked;
};

/* One address for all of them, where there is an IOMMU. */
static int slots_link(struct slot_dev *s)
{
	int i, err;

	for (i = 0; i < SLOTS; i++) {
		err = dma_iova_link(s->dev, &s->state, page_to_phys(s->pages[i]), s->linked, SLOT_BYTES, DMA_BIDIRECTIONAL, 0); //~short:iova-link-unaligned err = dma_iova_link(s->dev, &s->state, page_to_phys(s->pages[i]), s->linked, SLOT_BYTES - 512, DMA_BIDIRECTIONAL, 0);
		if (err)
			goto undo;
		s->linked += SLOT_BYTES;
	}
	err = dma_iova_sync(s->dev, &s->state, 0, s->linked);
	if (!err)
		return 0;
undo:
	dma_iova_destroy(s->dev, &s->state, s->linked, DMA_BIDIRECTIONAL, 0);
	return err;
}

static int slots_map_each(struct slot_dev *s)
{
	int i;

	for (i = 0; i < SLOTS; i++) {
		s->addrs[i] = dma_map_page(s->dev, s->pages[i], 0, SLOT_BYTES, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(s->dev, s->addrs[i])) {
			while (--i >= 0)
				dma_unmap_page(s->dev, s->addrs[i], SLOT_BYTES, DMA_BIDIRECTIONAL);
			return -EIO;
		}
	}
	return 0;
}

int slots_map(struct slot_dev *s, struct page *first, struct page *second)
{
	s->pages[0] = first;
	s->pages[1] = second;
	s->linked = 0;
	if (dma_iova_try_alloc(s->dev, &s->state, 0, SLOTS * SLOT_BYTES)) /*@nofall*/
		return slots_link(s);
	return slots_map_each(s); //~nofall:iova-missing-fallback return 0;
}

void slots_unmap(struct slot_dev *s)
{
	int i;

	if (dma_use_iova(&s->state)) {
		dma_iova_destroy(s->dev, &s->state, s->linked, DMA_BIDIRECTIONAL, 0);
		return;
	}
	for (i = 0; i < SLOTS; i++)
		dma_unmap_page(s->dev, s->addrs[i], SLOT_BYTES, DMA_BIDIRECTIONAL);
}
