// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/**
 * struct dipper_mirror - the pages of a process that the device sees
 * @dev: the device
 * @notifier: tells of pages that go
 * @map: what hmm_range_fault() found
 * @addrs: where the device finds it
 * @start: first address of the process
 * @npages: number of pages
 */
struct dipper_mirror {
	struct device *dev;
	struct mmu_interval_notifier *notifier;
	struct hmm_dma_map map;
	dma_addr_t *addrs;
	unsigned long start;
	u32 npages;
};

int dipper_init(struct dipper_mirror *m, u32 npages)
{
	int ret;

	if (!npages)
		return -EINVAL;

	ret = hmm_dma_map_alloc(m->dev, &m->map, npages, PAGE_SIZE);
	if (ret)
		return ret;

	m->addrs = kvcalloc(npages, sizeof(*m->addrs), GFP_KERNEL);
	if (!m->addrs) {
		hmm_dma_map_free(m->dev, &m->map);
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
		if (!(m->map.pfn_list[i] & HMM_PFN_DMA_MAPPED))
			continue;
		hmm_dma_unmap_pfn(m->dev, &m->map, i);
		m->addrs[i] = 0;
	}
}

int dipper_fault(struct dipper_mirror *m)
{
	struct hmm_range range = {
		.notifier = m->notifier,
		.start = m->start,
		.end = m->start + m->npages * PAGE_SIZE,
		.hmm_pfns = m->map.pfn_list,
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	u32 i;
	int ret;
	struct pci_p2pdma_map_state p2pdma_state = {};

	ret = hmm_range_fault(&range);
	if (ret)
		return ret;

	for (i = 0; i < m->npages; i++) {
		if (!(m->map.pfn_list[i] & HMM_PFN_VALID))
			continue;
		/* mapped by an earlier fault */
		if (m->map.pfn_list[i] & HMM_PFN_DMA_MAPPED)
			continue;
		m->addrs[i] = hmm_dma_map_pfn(m->dev, &m->map, i,
					      &p2pdma_state);
		if (dma_mapping_error(m->dev, m->addrs[i])) {
			m->addrs[i] = 0;
			dipper_invalidate(m);
			return -EIO;
		}
	}
	return 0;
}

void dipper_exit(struct dipper_mirror *m)
{
	kvfree(m->addrs);
	hmm_dma_map_free(m->dev, &m->map);
}

/* A window of one process, page by page; its device is another struct's. */
struct avocet {
	struct device *parent;
	u32 slots;
};

struct avocet_window {
	struct avocet *chip;
	struct hmm_dma_map	map;
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

	err = hmm_dma_map_alloc(w->chip->parent, &w->map, w->chip->slots,
				PAGE_SIZE);
	if (err)
		goto free;
	return 0;

free:
	kfree(w->table);
	return err;
}

int avocet_fill(struct avocet_window *win, unsigned long slot)
{
	struct pci_p2pdma_map_state p2pdma_state = {};
	struct hmm_range range = {};
	dma_addr_t addr;
	int err;

	if (slot >= win->chip->slots)
		return -EINVAL;

	range.start = win->base + slot * PAGE_SIZE;
	range.end = range.start + PAGE_SIZE;
	range.hmm_pfns = &win->map.pfn_list[slot];
	range.default_flags = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
	err = hmm_range_fault(&range);
	if (err)
		return err;

	addr = hmm_dma_map_pfn(win->chip->parent, &win->map, slot,
			       &p2pdma_state);
	if (dma_mapping_error(win->chip->parent, addr))
		return -EFAULT;
	win->table[slot] = addr;
	return 0;
}

void avocet_drop(struct avocet_window *win, unsigned long slot)
{
	if (slot >= win->chip->slots || !win->table[slot])
		return;

	hmm_dma_unmap_pfn(win->chip->parent, &win->map, slot);
	win->table[slot] = 0;
	win->map.pfn_list[slot] &= ~HMM_PFN_FLAGS;
}

void avocet_stop(struct avocet_window *win)
{
	kfree(win->table);
	hmm_dma_map_free(win->chip->parent, &win->map);
}
