// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

#define PLOVER_HUGE	(1U << 3)

/**
 * struct plover_mirror - the memory of a process that the device sees
 * @dev: the device
 * @notifier: tells of pages that go
 * @pfns: what hmm_range_fault() found, one for each PAGE_SIZE
 * @addrs: where the device finds it, one for each entry
 * @start: first address of the process
 * @entries: number of entries
 * @shift: of the size of an entry
 */
struct plover_mirror {
	struct device *dev;
	struct mmu_interval_notifier *notifier;
	unsigned long *pfns;
	dma_addr_t *addrs;
	unsigned long start;
	u32 entries;
	unsigned int shift;
};

struct plover_mirror *plover_get(struct device *dev, unsigned long start,
				 u32 entries, unsigned int flags)
{
	struct plover_mirror *m;

	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return NULL;
	m->dev = dev;
	m->start = start;
	m->entries = entries;
	m->shift = flags & PLOVER_HUGE ? 21 : PAGE_SHIFT;

	m->pfns = kvcalloc((size_t)entries << (m->shift - PAGE_SHIFT),
			   sizeof(*m->pfns), GFP_KERNEL);
	if (!m->pfns)
		goto free;

	m->addrs = kvcalloc(entries, sizeof(*m->addrs), GFP_KERNEL);
	if (!m->addrs)
		goto free_pfns;
	return m;

free_pfns:
	kvfree(m->pfns);
free:
	kfree(m);
	return NULL;
}

/* Called by the notifier, and before the mirror goes. */
void plover_drop(struct plover_mirror *m, u32 first, u32 count)
{
	u32 i;

	for (i = first; i < first + count && i < m->entries; i++) {
		unsigned long page = (unsigned long)i << (m->shift - PAGE_SHIFT);

		if (!(m->pfns[page] & HMM_PFN_DMA_MAPPED))
			continue;
		dma_unmap_page(m->dev, m->addrs[i], 1UL << m->shift,
			       DMA_BIDIRECTIONAL);
		m->addrs[i] = 0;
		m->pfns[page] &= ~HMM_PFN_FLAGS;
	}
}

int plover_fault(struct plover_mirror *m, u32 first, u32 count)
{
	unsigned long step = 1UL << (m->shift - PAGE_SHIFT);
	struct hmm_range range = {
		.notifier = m->notifier,
		.start = m->start + ((unsigned long)first << m->shift),
		.hmm_pfns = &m->pfns[first * step],
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	u32 i;
	int ret;

	if (first + count > m->entries)
		return -EINVAL;

	range.end = range.start + ((unsigned long)count << m->shift);
	ret = hmm_range_fault(&range);
	if (ret)
		return ret;

	for (i = first; i < first + count; i++) {
		unsigned long page = i * step;

		/* mapped by an earlier fault */
		if (m->pfns[page] & HMM_PFN_DMA_MAPPED)
			continue;
		if (hmm_pfn_to_map_order(m->pfns[page]) + PAGE_SHIFT < m->shift)
			return -EINVAL;
		m->addrs[i] = dma_map_page(m->dev,
					   hmm_pfn_to_page(m->pfns[page]), 0,
					   1UL << m->shift, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(m->dev, m->addrs[i])) {
			m->addrs[i] = 0;
			return -EIO;
		}
		m->pfns[page] |= HMM_PFN_DMA_MAPPED;
	}
	return 0;
}

void plover_put(struct plover_mirror *m)
{
	plover_drop(m, 0, m->entries);
	kvfree(m->addrs);
	kvfree(m->pfns);
	kfree(m);
}

/* Registered memory: flags in the low bits of the addresses, mapped by a helper. */
#define SANDERLING_READ		1UL
#define SANDERLING_WRITE	2UL
#define SANDERLING_MASK		(~(SANDERLING_READ | SANDERLING_WRITE))

struct sanderling_memory {
	struct ib_device *ibdev;
	unsigned long address;
};

struct sanderling_pages {
	struct sanderling_memory memory;
	unsigned long *pfn_list;
	/* Device addresses; the low bits are permissions. */
	dma_addr_t	*dma_list;
	unsigned int	page_shift;
};

static int sanderling_init(struct sanderling_pages *pages, size_t size)
{
	size_t entries = size >> pages->page_shift;
	int ret;

	if (!entries)
		return -EINVAL;

	pages->dma_list = kvcalloc(entries, sizeof(*pages->dma_list),
				   GFP_KERNEL);
	if (!pages->dma_list)
		return -ENOMEM;

	pages->pfn_list = kvcalloc(size >> PAGE_SHIFT, sizeof(*pages->pfn_list),
				   GFP_KERNEL);
	if (!pages->pfn_list) {
		ret = -ENOMEM;
		goto out_dma_list;
	}
	return 0;

out_dma_list:
	kvfree(pages->dma_list);
	return ret;
}

struct sanderling_pages *sanderling_get(struct ib_device *ibdev,
					unsigned long address, size_t size,
					unsigned int shift)
{
	struct sanderling_pages *pages;

	pages = kzalloc(sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	pages->memory.ibdev = ibdev;
	pages->memory.address = address;
	pages->page_shift = shift;
	if (sanderling_init(pages, size)) {
		kfree(pages);
		return NULL;
	}
	return pages;
}

static int sanderling_map_one(struct sanderling_pages *pages, u32 entry,
			      struct page *page, u64 access)
{
	struct ib_device *dev = pages->memory.ibdev;
	dma_addr_t *addr = &pages->dma_list[entry];

	if (*addr) {
		*addr = (*addr & SANDERLING_MASK) | access;
		return 0;
	}
	*addr = ib_dma_map_page(dev, page, 0, 1 << pages->page_shift,
				DMA_BIDIRECTIONAL);
	if (ib_dma_mapping_error(dev, *addr)) {
		*addr = 0;
		return -EFAULT;
	}
	*addr |= access;
	return 0;
}

int sanderling_map(struct sanderling_pages *pages, u32 entry, u64 access)
{
	struct hmm_range range = {};
	int ret;

	range.start = pages->memory.address +
		      ((unsigned long)entry << pages->page_shift);
	range.end = range.start + (1UL << pages->page_shift);
	range.hmm_pfns = &pages->pfn_list[(unsigned long)entry <<
					  (pages->page_shift - PAGE_SHIFT)];
	range.default_flags = HMM_PFN_REQ_FAULT;
	ret = hmm_range_fault(&range);
	if (ret)
		return ret;
	return sanderling_map_one(pages, entry,
				  hmm_pfn_to_page(range.hmm_pfns[0]), access);
}

void sanderling_unmap(struct sanderling_pages *pages, u32 first, u32 last)
{
	struct ib_device *dev = pages->memory.ibdev;
	u32 entry;

	for (entry = first; entry <= last; entry++) {
		dma_addr_t dma = pages->dma_list[entry];

		if (dma) {
			dma_addr_t addr = dma & SANDERLING_MASK;

			ib_dma_unmap_page(dev, addr, 1UL << pages->page_shift,
					  DMA_BIDIRECTIONAL);
			pages->dma_list[entry] = 0;
		}
	}
}

void sanderling_put(struct sanderling_pages *pages, u32 entries)
{
	sanderling_unmap(pages, 0, entries - 1);
	kvfree(pages->dma_list);
	kvfree(pages->pfn_list);
	kfree(pages);
}
