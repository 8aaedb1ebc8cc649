// SPDX-License-Identifier: GPL-2.0-only
// refused: allocates pfns before there is a device
#include "../kernel.h"

struct stilt_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
};

int stilt_init(struct stilt_map **where, u32 count)
{
	struct stilt_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return -ENOMEM;
	map->pfns = kvcalloc(count, sizeof(*map->pfns), GFP_KERNEL);
	if (!map->pfns)
		return -ENOMEM;
	*where = map;
	return 0;
}

int stilt_fault(struct stilt_map *map, u32 i)
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

void stilt_drop(struct stilt_map *map, u32 i)
{
	dma_unmap_page(map->dev, map->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	map->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
}

void stilt_exit(struct stilt_map *map)
{
	kvfree(map->pfns);
}
