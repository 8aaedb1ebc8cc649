/* SPDX-License-Identifier: GPL-2.0-only */
/* HMM maps on the regular and the two-step API, done right; the test builds mistakes into it. */
#include "primitives.h"

#undef HMM_PFN_VALID
#undef HMM_PFN_WRITE
#undef HMM_PFN_DMA_MAPPED
enum hmm_pfn_flags {
	HMM_PFN_VALID = 1UL << 63,
	HMM_PFN_WRITE = 1UL << 62,
	HMM_PFN_DMA_MAPPED = 1UL << 60,
	HMM_PFN_P2PDMA = 1UL << 59,
	HMM_PFN_P2PDMA_BUS = 1UL << 58,
	HMM_PFN_ORDER_SHIFT = 53,
};
#define STICKY (HMM_PFN_DMA_MAPPED | HMM_PFN_P2PDMA | HMM_PFN_P2PDMA_BUS)
#define FRAME ((1UL << HMM_PFN_ORDER_SHIFT) - 1)

int hmm_dma_map_alloc(struct device *dev, struct hmm_dma_map *map, size_t count, size_t size)
{
	if (!(count * PAGE_SIZE / size))
		return -EINVAL;
	if (!dev_is_dma_coherent(dev) || is_swiotlb_force_bounce(dev) ||
	    dma_addressing_limited(dev))
		return -EOPNOTSUPP;
	map->dma_entry_size = size;
	map->pfn_list = kvcalloc(count, sizeof(*map->pfn_list), GFP_KERNEL);
	if (!map->pfn_list)
		return -ENOMEM;
	if (dma_iova_try_alloc(dev, &map->state, 0, count * PAGE_SIZE))
		return 0;
	map->dma_list = kvcalloc(count, sizeof(*map->dma_list), GFP_KERNEL);
	if (map->dma_list)
		return 0;
	kvfree(map->pfn_list);
	return -ENOMEM;
}

void hmm_dma_map_free(struct device *dev, struct hmm_dma_map *map)
{
	if (dma_use_iova(&map->state))
		dma_iova_free(dev, &map->state);
	kvfree(map->dma_list);
	kvfree(map->pfn_list);
}

static int enter(struct device *dev, struct hmm_dma_map *map, size_t i, unsigned long attrs)
{
	size_t size = map->dma_entry_size;
	int error;

	if (!dma_use_iova(&map->state)) {
		map->dma_list[i] = dma_map_page(dev, hmm_pfn_to_page(map->pfn_list[i] & FRAME), 0, size,
						DMA_BIDIRECTIONAL);
		return dma_mapping_error(dev, map->dma_list[i]);
	}
	error = dma_iova_link(dev, &map->state, (map->pfn_list[i] & FRAME) << PAGE_SHIFT, i * size, size,
			      DMA_BIDIRECTIONAL, attrs);
	if (error)
		return error;
	error = dma_iova_sync(dev, &map->state, i * size, size);
	if (error)
		dma_iova_unlink(dev, &map->state, i * size, size, DMA_BIDIRECTIONAL, attrs);
	return error;
}

dma_addr_t hmm_dma_map_pfn(struct device *dev, struct hmm_dma_map *map, size_t i,
			   struct pci_p2pdma_map_state *peers)
{
	unsigned long *entry = &map->pfn_list[i];
	bool mapped = (*entry & HMM_PFN_DMA_MAPPED) && !(*entry & HMM_PFN_P2PDMA_BUS);
	unsigned long attrs = 0;

	if (!mapped) {
		switch (pci_p2pdma_state(peers, dev, hmm_pfn_to_page(*entry & FRAME))) {
		case PCI_P2PDMA_MAP_NONE:
			break;
		case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
			attrs = DMA_ATTR_SKIP_CPU_SYNC;
			break;
		case PCI_P2PDMA_MAP_BUS_ADDR:
			*entry |= HMM_PFN_P2PDMA_BUS | HMM_PFN_DMA_MAPPED;
			return pci_p2pdma_bus_addr_map(peers, (*entry & FRAME) << PAGE_SHIFT);
		default:
			return DMA_MAPPING_ERROR;
		}
		if (enter(dev, map, i, attrs))
			return DMA_MAPPING_ERROR;
		*entry |= HMM_PFN_DMA_MAPPED | (attrs ? HMM_PFN_P2PDMA : 0);
	}
	return dma_use_iova(&map->state) ? map->state.addr + i * map->dma_entry_size :
					   map->dma_list[i];
}

bool hmm_dma_unmap_pfn(struct device *dev, struct hmm_dma_map *map, size_t i)
{
	unsigned long *entry = &map->pfn_list[i];
	size_t size = map->dma_entry_size;

	if (!(*entry & HMM_PFN_VALID) || !(*entry & HMM_PFN_DMA_MAPPED))
		return false;
	if (*entry & HMM_PFN_P2PDMA_BUS)
		;
	else if (dma_use_iova(&map->state))
		dma_iova_unlink(dev, &map->state, i * size, size, DMA_BIDIRECTIONAL,
				*entry & HMM_PFN_P2PDMA ? DMA_ATTR_SKIP_CPU_SYNC : 0);
	else
		dma_unmap_page(dev, map->dma_list[i], size, DMA_BIDIRECTIONAL);
	*entry &= ~STICKY;
	return true;
}
