// SPDX-License-Identifier: GPL-2.0-only
// refused: hmm_range_fault() is not given pfns in this file
#include "../kernel.h"

struct phalarope_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
};

int phalarope_init(struct phalarope_map *map, u32 count)
{
	map->pfns = kvcalloc(count, sizeof(*map->pfns), GFP_KERNEL);
	if (!map->pfns)
		return -ENOMEM;
	return 0;
}

int phalarope_fault(struct phalarope_map *map, u32 i)
{
	struct hmm_range range = {};

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

void phalarope_drop(struct phalarope_map *map, u32 i)
{
	dma_unmap_page(map->dev, map->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	map->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
}

void phalarope_exit(struct phalarope_map *map)
{
	kvfree(map->pfns);
}
