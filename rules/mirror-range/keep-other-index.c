// SPDX-License-Identifier: GPL-2.0-only
// refused: nothing that the rule knows unmaps the entries of addrs
#include "../kernel.h"

struct hawfinch_map {
	struct device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
	unsigned int shift;
};

int hawfinch_init(struct hawfinch_map *map, u32 count, unsigned int shift)
{
	map->addrs = kvcalloc(count, sizeof(*map->addrs), GFP_KERNEL);
	if (!map->addrs)
		return -ENOMEM;
	return 0;
}

int hawfinch_fault(struct hawfinch_map *map, u32 i)
{
	unsigned long page = (unsigned long)i << (map->shift - PAGE_SHIFT);
	struct hmm_range range = { .hmm_pfns = &map->pfns[page] };

	range.start = map->start + ((unsigned long)i << map->shift);
	range.end = range.start + (1UL << map->shift);
	if (hmm_range_fault(&range))
		return -EFAULT;
	map->addrs[i] = dma_map_page(map->dev, hmm_pfn_to_page(map->pfns[page]),
				     0, 1UL << map->shift, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(map->dev, map->addrs[i]))
		return -EIO;
	return 0;
}

void hawfinch_drop(struct hawfinch_map *map, u32 i)
{
	dma_addr_t addr = map->addrs[i];

	i++;
	dma_unmap_page(map->dev, addr, 1UL << map->shift,
		       DMA_BIDIRECTIONAL);
	map->addrs[i] = 0;
}

void hawfinch_exit(struct hawfinch_map *map)
{
	hawfinch_drop(map, 0);
	kvfree(map->addrs);
}
