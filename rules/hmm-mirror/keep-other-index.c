// SPDX-License-Identifier: GPL-2.0-only
// refused: has the pfn in map->pfns[i], its address is in map->addrs[i >> 2]
#include "../kernel.h"

struct snipe_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
};

int snipe_init(struct snipe_map *map, u32 count)
{
	map->pfns = kvcalloc(count, sizeof(*map->pfns), GFP_KERNEL);
	if (!map->pfns)
		return -ENOMEM;
	return 0;
}

int snipe_fault(struct snipe_map *map, u32 i)
{
	struct hmm_range range = { .hmm_pfns = &map->pfns[i] };

	range.start = map->start + i * PAGE_SIZE;
	range.end = range.start + PAGE_SIZE;
	if (hmm_range_fault(&range))
		return -EFAULT;
	map->addrs[i >> 2] = dma_map_page(map->dev,
					  hmm_pfn_to_page(map->pfns[i]), 0,
					  PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(map->dev, map->addrs[i >> 2]))
		return -EIO;
	map->pfns[i] |= HMM_PFN_DMA_MAPPED;
	return 0;
}

void snipe_drop(struct snipe_map *map, u32 i)
{
	dma_unmap_page(map->dev, map->addrs[i >> 2], PAGE_SIZE,
		       DMA_BIDIRECTIONAL);
	map->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
}

void snipe_exit(struct snipe_map *map)
{
	kvfree(map->pfns);
}
