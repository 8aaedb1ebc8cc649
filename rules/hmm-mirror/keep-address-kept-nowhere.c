// SPDX-License-Identifier: GPL-2.0-only
// refused: maps the page of m->pfns[i] in a way that the rule does not know
#include "../kernel.h"

struct smew_map {
	struct device *dev;
	unsigned long *pfns;
	unsigned long start;
};

dma_addr_t smew_fault(struct smew_map *m, u32 i)
{
	struct hmm_range range = { .hmm_pfns = &m->pfns[i] };
	struct page *page;

	range.start = m->start + i * PAGE_SIZE;
	range.end = range.start + PAGE_SIZE;
	if (hmm_range_fault(&range))
		return 0;
	page = hmm_pfn_to_page(m->pfns[i]);
	return dma_map_page(m->dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
}
