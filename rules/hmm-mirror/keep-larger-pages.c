// SPDX-License-Identifier: GPL-2.0-only
// refused: not PAGE_SIZE
#include "../kernel.h"

struct ibis_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
};

int ibis_init(struct ibis_map *map, u32 count)
{
	map->pfns = kvcalloc(count, sizeof(*map->pfns), GFP_KERNEL);
	if (!map->pfns)
		return -ENOMEM;
	return 0;
}

int ibis_fault(struct ibis_map *map, u32 i)
{
	struct hmm_range range = { .hmm_pfns = &map->pfns[i] };

	range.start = map->start + i * PAGE_SIZE;
	range.end = range.start + PAGE_SIZE;
	if (hmm_range_fault(&range))
		return -EFAULT;
	map->addrs[i] = dma_map_page(map->dev, hmm_pfn_to_page(map->pfns[i]), 0,
				     4 * PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(map->dev, map->addrs[i]))
		return -EIO;
	map->pfns[i] |= HMM_PFN_DMA_MAPPED;
	return 0;
}

void ibis_drop(struct ibis_map *map, u32 i)
{
	dma_unmap_page(map->dev, map->addrs[i], 4 * PAGE_SIZE,
		       DMA_BIDIRECTIONAL);
	map->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
}

void ibis_exit(struct ibis_map *map)
{
	kvfree(map->pfns);
}
