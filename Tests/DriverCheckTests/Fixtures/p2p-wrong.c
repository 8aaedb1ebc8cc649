// SPDX-License-Identifier: GPL-2.0-only
/* Pages of a peer, mixed up. */
#include "kernel.h"

struct any { struct device *dev; dma_addr_t dma; };

int any_map(struct any *a, struct page *page)
{
	struct pci_p2pdma_map_state state = {};

	if (pci_p2pdma_state(&state, a->dev, page) == PCI_P2PDMA_MAP_UNKNOWN)
		return -EIO;
	a->dma = dma_map_page(a->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE); // want p2p-type-unhandled
	return dma_mapping_error(a->dev, a->dma) ? -ENOMEM : 0;
}

void any_unmap(struct any *a)
{
	dma_unmap_page(a->dev, a->dma, PAGE_SIZE, DMA_TO_DEVICE);
}

struct forget { struct device *dev; dma_addr_t dma; };

int forget_map(struct forget *f, struct page *page)
{
	struct pci_p2pdma_map_state state = {};

	switch (pci_p2pdma_state(&state, f->dev, page)) {
	case PCI_P2PDMA_MAP_BUS_ADDR:
		f->dma = pci_p2pdma_bus_addr_map(&state, page_to_phys(page));
		return 0;
	case PCI_P2PDMA_MAP_NOT_SUPPORTED:
		return -EIO;
	default:
		f->dma = dma_map_page(f->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		return dma_mapping_error(f->dev, f->dma) ? -ENOMEM : 0;
	}
}

void forget_unmap(struct forget *f)
{
	dma_unmap_page(f->dev, f->dma, PAGE_SIZE, DMA_TO_DEVICE); // want p2p-bus-addr-unmapped
}

struct fresh { struct device *dev; dma_addr_t dma; };

int fresh_map(struct fresh *f, struct page *page)
{
	struct pci_p2pdma_map_state state;

	if (pci_p2pdma_state(&state, f->dev, page) != PCI_P2PDMA_MAP_NONE) // want p2p-state-uninitialised
		return -EIO;
	f->dma = dma_map_page(f->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(f->dev, f->dma) ? -ENOMEM : 0;
}

void fresh_unmap(struct fresh *f)
{
	dma_unmap_page(f->dev, f->dma, PAGE_SIZE, DMA_TO_DEVICE);
}

struct short_link { struct device *dev; struct dma_iova_state state; };

int short_link_map(struct short_link *s, struct page *page)
{
	struct pci_p2pdma_map_state p2p = {};
	int ret;

	if (pci_p2pdma_state(&p2p, s->dev, page) != PCI_P2PDMA_MAP_THRU_HOST_BRIDGE)
		return -EIO;
	if (!dma_iova_try_alloc(s->dev, &s->state, 0, 512)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(s->dev, &s->state, page_to_phys(page), 0, 512, DMA_TO_DEVICE, 0); // want p2p-mmio-bounced
	if (ret) {
		dma_iova_free(s->dev, &s->state);
		return ret;
	}
	ret = dma_iova_sync(s->dev, &s->state, 0, 512);
	if (ret)
		dma_iova_destroy(s->dev, &s->state, 512, DMA_TO_DEVICE, 0);
	return ret;
}

void short_link_unmap(struct short_link *s)
{
	dma_iova_destroy(s->dev, &s->state, 512, DMA_TO_DEVICE, 0);
}
