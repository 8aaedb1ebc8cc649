// SPDX-License-Identifier: GPL-2.0-only
// refused: leaves with an error that was set before
#include "../kernel.h"

struct greenshank_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
};

int greenshank_init(struct greenshank_map *map, u32 count)
{
	int ret = -ENOMEM;

	map->pfns = kvcalloc(count, sizeof(*map->pfns), GFP_KERNEL);
	if (!map->pfns)
		goto out;
	ret = 0;
out:
	return ret;
}

int greenshank_fault(struct greenshank_map *map, u32 i)
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

void greenshank_drop(struct greenshank_map *map, u32 i)
{
	dma_unmap_page(map->dev, map->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	map->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
}

void greenshank_exit(struct greenshank_map *map)
{
	kvfree(map->pfns);
}
