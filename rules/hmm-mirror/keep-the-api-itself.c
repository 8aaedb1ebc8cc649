// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

dma_addr_t hmm_dma_map_pfn(struct device *dev, struct hmm_dma_map *map, size_t idx,
			   struct pci_p2pdma_map_state *p2pdma_state)
{
	struct page *page = hmm_pfn_to_page(map->pfn_list[idx]);

	return dma_map_page(dev, page, 0, map->dma_entry_size, DMA_BIDIRECTIONAL);
}
