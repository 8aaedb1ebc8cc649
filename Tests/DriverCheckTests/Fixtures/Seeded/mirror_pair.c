// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/hmm.h>
#include <linux/hmm-dma.h>
#include <linux/slab.h>

#define PAIR 2

struct pair_mirror {
	struct device *dev;
	struct hmm_dma_map map;
	unsigned long start;
	dma_addr_t addrs[PAIR];
};

int pair_mirror_setup(struct pair_mirror *m)
{
	struct hmm_range range = {
		.start = m->start,
		.end = m->start + PAIR * PAGE_SIZE,
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	int i = 0, err;

	err = hmm_dma_map_alloc(m->dev, &m->map, PAIR, PAGE_SIZE);
	if (err)
		return err;
	range.hmm_pfns = m->map.pfn_list;
	err = hmm_range_fault(&range);
	if (err)
		goto free;
	do {
		m->addrs[i] = hmm_dma_map_pfn(m->dev, &m->map, i, NULL);
		if (dma_mapping_error(m->dev, m->addrs[i])) {
			err = -EFAULT;
			goto undo;
		}
	} while (++i < PAIR);
	return 0;
undo:
	for (i = i - 1; i >= 0; i--)
		hmm_dma_unmap_pfn(m->dev, &m->map, i);
free:
	hmm_dma_map_free(m->dev, &m->map);
	return err;
}

void pair_mirror_cleanup(struct pair_mirror *m)
{
	int i = PAIR;

	while (i-- > 0) //~keeps:hmm-unmap-missing while (i-- > 1)
		hmm_dma_unmap_pfn(m->dev, &m->map, i);
	hmm_dma_map_free(m->dev, &m->map); /*@keeps*/
}
