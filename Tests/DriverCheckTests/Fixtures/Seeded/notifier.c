// SPDX-License-Identifier: GPL-2.0-only
/* A mirror whose pages a notifier takes away. */
#include "kernel.h"
#include "notifiers.h"

struct owl {
	struct mmu_interval_notifier notifier;
	struct device *dev;
	struct hmm_dma_map map;
	unsigned long start, npages;
	u64 *table;
};

static void owl_zap(struct owl *m, unsigned long first, unsigned long end)
{
	unsigned long i;

	for (i = first; i < end; i++) {
		m->table[i] = 0;
		hmm_dma_unmap_pfn(m->dev, &m->map, i); //~hasty:hmm-unmap-missing m->map.pfn_list[i] = 0; hmm_dma_unmap_pfn(m->dev, &m->map, i);
		m->map.pfn_list[i] = 0;
	}
}

static bool owl_invalidate(struct mmu_interval_notifier *mni, const struct mmu_notifier_range *range,
		   	   unsigned long seq)
{
	struct owl *m = container_of(mni, struct owl, notifier);
	unsigned long from = max(range->start, m->start) - m->start;
	unsigned long to = min(range->end, m->start + (m->npages << PAGE_SHIFT)) - m->start;

	owl_zap(m, from >> PAGE_SHIFT, (to + PAGE_SIZE - 1) >> PAGE_SHIFT);
	return 1;
}

static const struct mmu_interval_notifier_ops owl_ops = { .invalidate = owl_invalidate };

int owl_fault(struct owl *m, unsigned long first, unsigned long n)
{
	struct pci_p2pdma_map_state p2p = {}; //~stale:p2p-state-uninitialised struct pci_p2pdma_map_state p2p;
	struct hmm_range range = {
		.notifier = &m->notifier,
		.start = m->start + (first << PAGE_SHIFT),
		.end = m->start + ((first + n) << PAGE_SHIFT),
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	unsigned long i, *pfns;
	dma_addr_t dma;
	int ret;

	if (!n || first >= m->npages || n > m->npages - first)
		return -EINVAL;
	pfns = kcalloc(n, sizeof(*pfns), GFP_KERNEL);
	if (!pfns)
		return -ENOMEM;
	range.hmm_pfns = pfns;
	ret = -EINVAL;
	if (!mmget_not_zero(m->notifier.mm))
		goto free;
	do {
		range.notifier_seq = mmu_interval_read_begin(&m->notifier);
		ret = hmm_range_fault(&range);
	} while (!ret && mmu_interval_read_retry(&m->notifier, range.notifier_seq));
	for (i = 0; !ret && i < n; i++) {
		if (!(m->map.pfn_list[first + i] & HMM_PFN_DMA_MAPPED))
			m->map.pfn_list[first + i] = pfns[i];
		dma = hmm_dma_map_pfn(m->dev, &m->map, first + i, &p2p); /*@stale*/ /*@trusting*/
		if (dma_mapping_error(m->dev, dma)) { //~trusting:hmm-error-unchecked if (0) {
			m->map.pfn_list[first + i] = 0;
			ret = -EIO;
			break;
		}
		m->table[first + i] = dma | 1;
	}
	mmput(m->notifier.mm);
free:
	kfree(pfns);
	return ret;
}

struct owl *owl_create(struct device *dev, struct mm_struct *mm, unsigned long start, unsigned long npages)
{
	struct owl *m;

	if (!npages)
		return NULL;
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return NULL;
	m->dev = dev;
	m->start = start & ~(PAGE_SIZE - 1);
	m->npages = npages;
	m->table = kcalloc(npages, sizeof(*m->table), GFP_KERNEL);
	if (!m->table)
		goto free;
	if (hmm_dma_map_alloc(dev, &m->map, npages, PAGE_SIZE))
		goto free_table;
	if (mmu_interval_notifier_insert(&m->notifier, mm, m->start, npages << PAGE_SHIFT, &owl_ops))
		goto free_map;
	return m;

free_map:
	hmm_dma_map_free(dev, &m->map);
free_table:
	kfree(m->table);
free:
	kfree(m);
	return NULL;
}

void owl_destroy(struct owl *m)
{
	mmu_interval_notifier_remove(&m->notifier);
	owl_zap(m, 0, m->npages); //~leaving:hmm-unmap-missing ;
	hmm_dma_map_free(m->dev, &m->map); /*@hasty*/ /*@leaving*/
	kfree(m->table);
	kfree(m);
}
