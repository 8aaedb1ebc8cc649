// SPDX-License-Identifier: GPL-2.0-only
// refused: the pfns are in pfns, which is kept in no struct
#include "../kernel.h"

struct plover_range {
	struct device *dev;
	dma_addr_t *addrs;
	unsigned long start;
};

static int plover_map(struct plover_range *r, unsigned long *pfns, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		r->addrs[i] = dma_map_page(r->dev, hmm_pfn_to_page(pfns[i]), 0,
					   PAGE_SIZE, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(r->dev, r->addrs[i]))
			return -EFAULT;
	}
	return 0;
}

int plover_fault(struct plover_range *r, u32 count)
{
	struct hmm_range range = { .start = r->start, .end = r->start + count * PAGE_SIZE };
	int ret;

	range.hmm_pfns = kvcalloc(count, sizeof(*range.hmm_pfns), GFP_KERNEL);
	if (!range.hmm_pfns)
		return -ENOMEM;
	ret = hmm_range_fault(&range);
	if (!ret)
		ret = plover_map(r, range.hmm_pfns, count);
	kvfree(range.hmm_pfns);
	return ret;
}
