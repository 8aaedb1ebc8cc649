// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/**
 * struct dipper_mirror - the pages of a process that the device sees
 * @dev: the device
 * @notifier: tells of pages that go
 * @pfns: what hmm_range_fault() found
 * @addrs: where the device finds it
 * @start: first address of the process
 * @npages: number of pages
 */
struct dipper_mirror {
	struct device *dev;
	struct mmu_interval_notifier *notifier;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
	u32 npages;
};

int dipper_init(struct dipper_mirror *m, u32 npages)
{
	if (!npages)
		return -EINVAL;

	m->pfns = kvcalloc(npages, sizeof(*m->pfns), GFP_KERNEL);
	if (!m->pfns)
		return -ENOMEM;

	m->addrs = kvcalloc(npages, sizeof(*m->addrs), GFP_KERNEL);
	if (!m->addrs) {
		kvfree(m->pfns);
		return -ENOMEM;
	}
	m->npages = npages;
	return 0;
}

/* Called by the notifier, and before the mirror goes. */
void dipper_invalidate(struct dipper_mirror *m)
{
	u32 i;

	for (i = 0; i < m->npages; i++) {
		if (!(m->pfns[i] & HMM_PFN_DMA_MAPPED))
			continue;
		dma_unmap_page(m->dev, m->addrs[i], PAGE_SIZE,
			       DMA_BIDIRECTIONAL);
		m->addrs[i] = 0;
		m->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
	}
}

int dipper_fault(struct dipper_mirror *m)
{
	struct hmm_range range = {
		.notifier = m->notifier,
		.start = m->start,
		.end = m->start + m->npages * PAGE_SIZE,
		.hmm_pfns = m->pfns,
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	u32 i;
	int ret;

	ret = hmm_range_fault(&range);
	if (ret)
		return ret;

	for (i = 0; i < m->npages; i++) {
		if (!(m->pfns[i] & HMM_PFN_VALID))
			continue;
		/* mapped by an earlier fault */
		if (m->pfns[i] & HMM_PFN_DMA_MAPPED)
			continue;
		m->addrs[i] = dma_map_page(m->dev, hmm_pfn_to_page(m->pfns[i]),
					   0, PAGE_SIZE, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(m->dev, m->addrs[i])) {
			m->addrs[i] = 0;
			dipper_invalidate(m);
			return -EIO;
		}
		m->pfns[i] |= HMM_PFN_DMA_MAPPED;
	}
	return 0;
}

void dipper_exit(struct dipper_mirror *m)
{
	kvfree(m->addrs);
	kvfree(m->pfns);
}

/* A window of one process, page by page; its device is another struct's. */
struct avocet {
	struct device *parent;
	u32 slots;
};

struct avocet_window {
	struct avocet *chip;
	unsigned long	*pages;
	dma_addr_t	*table;
	unsigned long	base;
};

struct avocet_window *avocet_open(struct avocet *chip)
{
	struct avocet_window *win;

	win = kzalloc(sizeof(*win), GFP_KERNEL);
	if (win)
		win->chip = chip;
	return win;
}

int avocet_start(struct avocet_window *w)
{
	int err;

	if (!w->chip->slots)
		return -EINVAL;

	w->table = kcalloc(w->chip->slots, sizeof(dma_addr_t), GFP_KERNEL);
	if (!w->table)
		return -ENOMEM;

	w->pages = kvcalloc(w->chip->slots, sizeof(unsigned long), GFP_KERNEL);
	if (!w->pages) {
		err = -ENOMEM;
		goto free;
	}
	return 0;

free:
	kfree(w->table);
	return err;
}

int avocet_fill(struct avocet_window *win, unsigned long slot)
{
	struct hmm_range range = {};
	dma_addr_t addr;
	int err;

	if (slot >= win->chip->slots)
		return -EINVAL;

	range.start = win->base + slot * PAGE_SIZE;
	range.end = range.start + PAGE_SIZE;
	range.hmm_pfns = &win->pages[slot];
	range.default_flags = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
	err = hmm_range_fault(&range);
	if (err)
		return err;

	addr = dma_map_page(win->chip->parent,
			    hmm_pfn_to_page(win->pages[slot]), 0, PAGE_SIZE,
			    DMA_BIDIRECTIONAL);
	if (dma_mapping_error(win->chip->parent, addr))
		return -EFAULT;
	win->table[slot] = addr;
	win->pages[slot] |= HMM_PFN_DMA_MAPPED;
	return 0;
}

void avocet_drop(struct avocet_window *win, unsigned long slot)
{
	if (slot >= win->chip->slots || !win->table[slot])
		return;

	dma_unmap_page(win->chip->parent, win->table[slot], PAGE_SIZE,
		       DMA_BIDIRECTIONAL);
	win->table[slot] = 0;
	win->pages[slot] &= ~HMM_PFN_FLAGS;
}

void avocet_stop(struct avocet_window *win)
{
	kfree(win->table);
	kvfree(win->pages);
}
