// SPDX-License-Identifier: GPL-2.0-only
/* Mirrors: a map made once, pages that come and go. Nothing to report. */
#include "kernel.h"

struct mirror {
	struct device *dev;
	struct mmu_interval_notifier *notifier;
	struct hmm_dma_map map;
	unsigned long start;
	unsigned long npages;
	dma_addr_t *table;
};

int mirror_init(struct mirror *m, unsigned long npages)
{
	int ret;

	m->table = kcalloc(npages, sizeof(*m->table), GFP_KERNEL);
	if (!m->table)
		return -ENOMEM;
	ret = hmm_dma_map_alloc(m->dev, &m->map, npages, PAGE_SIZE);
	if (ret) {
		kfree(m->table);
		m->table = NULL;
		return ret;
	}
	m->npages = npages;
	return 0;
}

void mirror_invalidate(struct mirror *m)
{
	unsigned long i;

	for (i = 0; i < m->npages; i++) {
		hmm_dma_unmap_pfn(m->dev, &m->map, i);
		m->table[i] = 0;
	}
}

int mirror_fault(struct mirror *m)
{
	struct hmm_range range = {
		.notifier = m->notifier,
		.start = m->start,
		.end = m->start + (m->npages << PAGE_SHIFT),
		.hmm_pfns = m->map.pfn_list,
		.default_flags = HMM_PFN_VALID,
	};
	struct pci_p2pdma_map_state p2p = {};
	unsigned long i;
	dma_addr_t addr;
	int ret;

	ret = hmm_range_fault(&range);
	if (ret)
		return ret;
	for (i = 0; i < m->npages; i++) {
		addr = hmm_dma_map_pfn(m->dev, &m->map, i, &p2p); // not hmm-map-before-alloc hmm-index-units
		if (dma_mapping_error(m->dev, addr)) {
			mirror_invalidate(m);
			return -EIO;
		}
		m->table[i] = addr;
	}
	return 0;
}

void mirror_fini(struct mirror *m)
{
	hmm_dma_map_free(m->dev, &m->map);
	kfree(m->table);
	m->table = NULL;
}
