// SPDX-License-Identifier: GPL-2.0-only
// refused: nothing that the rule knows unmaps the pages of pfns
#include "../kernel.h"

struct curlew_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
};

int curlew_init(struct curlew_map *map, u32 count)
{
	map->pfns = kvcalloc(count, sizeof(*map->pfns), GFP_KERNEL);
	if (!map->pfns)
		return -ENOMEM;
	return 0;
}

int curlew_fault(struct curlew_map *map, u32 i)
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

void curlew_drop(struct curlew_map *map, u32 i)
{
	map->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
}

void curlew_exit(struct curlew_map *map)
{
	kvfree(map->pfns);
}
