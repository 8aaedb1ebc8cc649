// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_sync_single_for_cpu() for an address of addrs
#include "../kernel.h"

struct sanderling_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
};

int sanderling_init(struct sanderling_map *map, u32 count)
{
	map->pfns = kvcalloc(count, sizeof(*map->pfns), GFP_KERNEL);
	if (!map->pfns)
		return -ENOMEM;
	return 0;
}

int sanderling_fault(struct sanderling_map *map, u32 i)
{
	struct hmm_range range = { .hmm_pfns = &map->pfns[i] };

	range.start = map->start + i * PAGE_SIZE;
	range.end = range.start + PAGE_SIZE;
	if (hmm_range_fault(&range))
		return -EFAULT;
	map->addrs[i] = dma_map_page(map->dev, hmm_pfn_to_page(map->pfns[i]), 0,
				     PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(map->dev, map->addrs[i]))
		return -EIO;
	map->pfns[i] |= HMM_PFN_DMA_MAPPED;
	return 0;
}

void sanderling_drop(struct sanderling_map *map, u32 i)
{
	dma_sync_single_for_cpu(map->dev, map->addrs[i], PAGE_SIZE,
				DMA_BIDIRECTIONAL);
	dma_unmap_page(map->dev, map->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	map->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
}

void sanderling_exit(struct sanderling_map *map)
{
	kvfree(map->pfns);
}
