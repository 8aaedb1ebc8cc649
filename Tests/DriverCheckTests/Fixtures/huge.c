// SPDX-License-Identifier: GPL-2.0-only
/* A mirror whose entries are pages or huge pages, as the caller says. Nothing to report. */
#include "kernel.h"
#include "notifiers.h"
#define PLOVER_HUGE (1U << 3)
#define ALIGN(value, to) (((value) + (to) - 1) & -(to))
#define hmm_pfn_to_map_order(pfn) ((pfn) >> 53 & 0x1f)

struct plover {
	struct device *dev;
	struct mmu_interval_notifier notifier;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned int shift;
	u32 mapped;
};

static unsigned long plover_start(struct plover *p)
{
	return p->notifier.interval_tree.start;
}

static unsigned long plover_end(struct plover *p)
{
	return p->notifier.interval_tree.last + 1;
}

static int plover_init(struct plover *p, unsigned long addr, size_t size,
		       const struct mmu_interval_notifier_ops *ops)
{
	unsigned long start = addr & -(1UL << p->shift);
	unsigned long end = ALIGN(addr + size, 1UL << p->shift);
	size_t entries = (end - start) >> p->shift;
	int ret;

	if (!entries)
		return -EINVAL;

	p->pfns = kcalloc((end - start) >> PAGE_SHIFT, sizeof(*p->pfns), GFP_KERNEL);
	if (!p->pfns)
		return -ENOMEM;

	p->addrs = kcalloc(entries, sizeof(*p->addrs), GFP_KERNEL);
	if (!p->addrs) {
		ret = -ENOMEM;
		goto free_pfns;
	}

	ret = mmu_interval_notifier_insert(&p->notifier, NULL, start,
					   end - start, ops);
	if (ret)
		goto free_addrs;
	return 0;

free_addrs:
	kfree(p->addrs);
free_pfns:
	kfree(p->pfns);
	return ret;
}

struct plover *plover_get(struct device *dev, unsigned long addr, size_t size,
			  unsigned int access,
			  const struct mmu_interval_notifier_ops *ops)
{
	struct plover *p;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return NULL;
	p->dev = dev;
	p->shift = PAGE_SHIFT;
	if (access & PLOVER_HUGE)
		p->shift = 21;
	if (plover_init(p, addr, size, ops)) {
		kfree(p);
		return NULL;
	}
	return p;
}

void plover_unmap(struct plover *p, unsigned long start, unsigned long end)
{
	unsigned long addr;

	start = max(start, plover_start(p));
	end = min(end, plover_end(p));
	for (addr = start; addr < end; addr += 1UL << p->shift) {
		unsigned long page = (addr - plover_start(p)) >> PAGE_SHIFT;
		unsigned long entry = (addr - plover_start(p)) >> p->shift;

		if (p->pfns[page] & HMM_PFN_DMA_MAPPED) {
			dma_unmap_page(p->dev, p->addrs[entry], 1UL << p->shift,
				       DMA_BIDIRECTIONAL);
			p->mapped--;
		}
		p->pfns[page] &= ~HMM_PFN_FLAGS;
	}
}

int plover_map(struct plover *p, unsigned long start, unsigned long length)
{
	struct hmm_range range = {};
	unsigned long page, pages, entry;
	int ret;

	if (start < plover_start(p) || start + length > plover_end(p))
		return -EFAULT;

	range.notifier = &p->notifier;
	range.start = start & -(1UL << p->shift);
	range.end = ALIGN(start + length, 1UL << p->shift);
	range.hmm_pfns = &p->pfns[(range.start - plover_start(p)) >> PAGE_SHIFT];
	range.default_flags = HMM_PFN_REQ_FAULT;
	ret = hmm_range_fault(&range);
	if (ret)
		return ret;

	entry = (range.start - plover_start(p)) >> p->shift;
	pages = (range.end - range.start) >> PAGE_SHIFT;
	for (page = 0; page < pages; page += 1UL << (p->shift - PAGE_SHIFT)) {
		if (range.hmm_pfns[page] & HMM_PFN_DMA_MAPPED) {
			entry++;
			continue;
		}
		if (hmm_pfn_to_map_order(range.hmm_pfns[page]) + PAGE_SHIFT <
		    p->shift)
			return -EINVAL;
		p->addrs[entry] = dma_map_page(p->dev,
					       hmm_pfn_to_page(range.hmm_pfns[page]),
					       0, 1UL << p->shift,
					       DMA_BIDIRECTIONAL);
		if (dma_mapping_error(p->dev, p->addrs[entry])) {
			p->addrs[entry] = 0;
			return -EFAULT;
		}
		range.hmm_pfns[page] |= HMM_PFN_DMA_MAPPED;
		p->mapped++;
		entry++;
	}
	return 0;
}

void plover_put(struct plover *p)
{
	plover_unmap(p, plover_start(p), plover_end(p));
	mmu_interval_notifier_remove(&p->notifier);
	kfree(p->addrs);
	kfree(p->pfns);
	kfree(p);
}
