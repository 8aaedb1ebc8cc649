// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ibis on-demand paging: mirrors a range of a process into the device's page
 * table. Entries stay mapped until the range is invalidated.
 */
#include <linux/dma-mapping.h>
#include <linux/hmm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/slab.h>

/* Set in an entry of dma_list that holds an address; pages are aligned. */
#define IBIS_PRESENT	1ULL

struct ibis_umem {
	struct device *dev;
	struct mmu_interval_notifier notifier;
	struct mutex lock;	/* protects dma_list */
	unsigned long start;
	unsigned long npages;
	unsigned long *pfns;
	dma_addr_t *dma_list;
};

int ibis_umem_init(struct ibis_umem *umem, unsigned long start,
		   unsigned long npages)
{
	umem->pfns = kvcalloc(npages, sizeof(*umem->pfns), GFP_KERNEL);
	if (!umem->pfns)
		return -ENOMEM;

	umem->dma_list = kvcalloc(npages, sizeof(*umem->dma_list), GFP_KERNEL);
	if (!umem->dma_list) {
		kvfree(umem->pfns);
		umem->pfns = NULL;
		return -ENOMEM;
	}
	umem->start = start;
	umem->npages = npages;
	mutex_init(&umem->lock);
	return 0;
}

static void ibis_umem_unmap_all(struct ibis_umem *umem)
{
	unsigned long i;

	for (i = 0; i < umem->npages; i++) {
		if (!(umem->dma_list[i] & IBIS_PRESENT))
			continue;
		dma_unmap_page(umem->dev, umem->dma_list[i] & ~IBIS_PRESENT,
			       PAGE_SIZE, DMA_BIDIRECTIONAL);
		umem->dma_list[i] = 0;
	}
}

static int ibis_umem_map_pfns(struct ibis_umem *umem)
{
	unsigned long i;
	dma_addr_t addr;

	for (i = 0; i < umem->npages; i++) {
		if (!(umem->pfns[i] & HMM_PFN_VALID))
			goto err_unmap;
		if (umem->dma_list[i] & IBIS_PRESENT)
			continue;

		addr = dma_map_page(umem->dev, hmm_pfn_to_page(umem->pfns[i]),
				    0, PAGE_SIZE, DMA_BIDIRECTIONAL);
		if (dma_mapping_error(umem->dev, addr))
			goto err_unmap;
		umem->dma_list[i] = addr | IBIS_PRESENT;
	}
	return 0;

err_unmap:
	/* The next fault brings back what was there before. */
	ibis_umem_unmap_all(umem);
	return -EFAULT;
}

int ibis_umem_fault(struct ibis_umem *umem)
{
	struct hmm_range range = {
		.notifier = &umem->notifier,
		.start = umem->start,
		.end = umem->start + (umem->npages << PAGE_SHIFT),
		.hmm_pfns = umem->pfns,
		.default_flags = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE,
	};
	int ret;

	range.notifier_seq = mmu_interval_read_begin(&umem->notifier);
	mmap_read_lock(umem->notifier.mm);
	ret = hmm_range_fault(&range);
	mmap_read_unlock(umem->notifier.mm);
	if (ret)
		return ret;

	mutex_lock(&umem->lock);
	if (mmu_interval_read_retry(&umem->notifier, range.notifier_seq))
		ret = -EAGAIN;
	else
		ret = ibis_umem_map_pfns(umem);
	mutex_unlock(&umem->lock);
	return ret;
}

void ibis_umem_invalidate(struct ibis_umem *umem)
{
	mutex_lock(&umem->lock);
	ibis_umem_unmap_all(umem);
	mutex_unlock(&umem->lock);
}

void ibis_umem_fini(struct ibis_umem *umem)
{
	ibis_umem_invalidate(umem);
	kvfree(umem->dma_list);
	kvfree(umem->pfns);
	umem->dma_list = NULL;
	umem->pfns = NULL;
}
