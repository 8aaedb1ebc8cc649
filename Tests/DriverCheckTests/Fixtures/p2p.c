// SPDX-License-Identifier: GPL-2.0-only
/* Pages of a peer: every way to them is told apart. Nothing to report. */
#include "kernel.h"

struct peer { struct device *dev; dma_addr_t dma; bool is_bus; };

int peer_map(struct peer *p, struct page *page)
{
	struct pci_p2pdma_map_state state = {};

	switch (pci_p2pdma_state(&state, p->dev, page)) {
	case PCI_P2PDMA_MAP_BUS_ADDR:
		p->dma = pci_p2pdma_bus_addr_map(&state, page_to_phys(page));
		p->is_bus = true;
		return 0;
	case PCI_P2PDMA_MAP_NONE:
	case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
		break;
	default:
		return -EIO;
	}
	p->is_bus = false;
	p->dma = dma_map_page(p->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE); // not p2p-mmio-bounced
	return dma_mapping_error(p->dev, p->dma) ? -ENOMEM : 0;
}

void peer_unmap(struct peer *p)
{
	if (!p->is_bus)
		dma_unmap_page(p->dev, p->dma, PAGE_SIZE, DMA_TO_DEVICE);
}
