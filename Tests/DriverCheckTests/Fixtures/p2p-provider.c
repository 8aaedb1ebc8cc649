// SPDX-License-Identifier: GPL-2.0-only
/* Pages of a peer, as 6.17 and later have it: the provider knows the bus offset. */
#define P2PDMA_PROVIDERS
#include "kernel.h"

struct peer { struct device *dev; dma_addr_t dma; bool is_bus; };

int peer_map(struct peer *p, struct page *page)
{
	struct pci_p2pdma_map_state state = {};

	switch (pci_p2pdma_state(&state, p->dev, page)) {
	case PCI_P2PDMA_MAP_BUS_ADDR:
		p->dma = pci_p2pdma_bus_addr_map(state.mem, page_to_phys(page));
		p->is_bus = true;
		return 0;
	case PCI_P2PDMA_MAP_NONE:
	case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
		break;
	default:
		return -EIO;
	}
	p->is_bus = false;
	p->dma = dma_map_page(p->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(p->dev, p->dma) ? -ENOMEM : 0;
}

void peer_unmap(struct peer *p)
{
	if (!p->is_bus)
		dma_unmap_page(p->dev, p->dma, PAGE_SIZE, DMA_TO_DEVICE);
}

/* The way was found out by the caller, on an earlier page. */
struct walk { struct device *dev; struct pci_p2pdma_map_state state; dma_addr_t dma; };

int walk_map(struct walk *w, struct page *page)
{
	if (w->state.map == PCI_P2PDMA_MAP_BUS_ADDR) {
		w->dma = pci_p2pdma_bus_addr_map(w->state.mem, page_to_phys(page));
		return 0;
	}
	w->dma = dma_map_page(w->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(w->dev, w->dma) ? -ENOMEM : 0;
}

void walk_unmap(struct walk *w)
{
	if (w->state.map != PCI_P2PDMA_MAP_BUS_ADDR)
		dma_unmap_page(w->dev, w->dma, PAGE_SIZE, DMA_TO_DEVICE);
}

/* A page behind the host bridge has no bus address of its own. */
struct hasty { struct device *dev; dma_addr_t dma; bool is_bus; };

int hasty_map(struct hasty *h, struct page *page)
{
	struct pci_p2pdma_map_state state = {};

	switch (pci_p2pdma_state(&state, h->dev, page)) {
	case PCI_P2PDMA_MAP_NOT_SUPPORTED:
		return -EIO;
	case PCI_P2PDMA_MAP_NONE:
		h->is_bus = false;
		h->dma = dma_map_page(h->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		return dma_mapping_error(h->dev, h->dma) ? -ENOMEM : 0;
	default:
		h->is_bus = true;
		h->dma = pci_p2pdma_bus_addr_map(state.mem, page_to_phys(page)); // want p2p-type-unhandled
		return 0;
	}
}

void hasty_unmap(struct hasty *h)
{
	if (!h->is_bus)
		dma_unmap_page(h->dev, h->dma, PAGE_SIZE, DMA_TO_DEVICE);
}
