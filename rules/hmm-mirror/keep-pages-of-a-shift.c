// SPDX-License-Identifier: GPL-2.0-only
// refused: has the pfn in r.hmm_pfns[i], its address is in m->addrs[entry]: hmm_dma_map_pfn() has one index for both; maps 1 << m->shift, not PAGE_SIZE
#include "../kernel.h"

struct shrike_map {
	struct ib_device *dev;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
	unsigned int shift;
};

static int shrike_map_one(struct shrike_map *m, u32 entry, struct page *page)
{
	dma_addr_t *addr = &m->addrs[entry];

	*addr = ib_dma_map_page(m->dev, page, 0, 1 << m->shift, DMA_BIDIRECTIONAL);
	return ib_dma_mapping_error(m->dev, *addr) ? -EFAULT : 0;
}

int shrike_fault(struct shrike_map *m, u32 first, u32 count)
{
	struct hmm_range r = { .hmm_pfns = &m->pfns[first << (m->shift - 12)] };
	u32 step = 1 << (m->shift - 12);
	u32 entry = first;
	int ret = 0;
	u32 i;

	r.start = m->start + ((u64)first << m->shift);
	r.end = r.start + ((u64)count << m->shift);
	if (hmm_range_fault(&r))
		return -EFAULT;
	for (i = 0; i < count * step && !ret; i += step) {
		ret = shrike_map_one(m, entry, hmm_pfn_to_page(r.hmm_pfns[i]));
		entry++;
	}
	return ret;
}

void shrike_drop(struct shrike_map *m, u32 entry)
{
	ib_dma_unmap_page(m->dev, m->addrs[entry], 1 << m->shift, DMA_BIDIRECTIONAL);
}
