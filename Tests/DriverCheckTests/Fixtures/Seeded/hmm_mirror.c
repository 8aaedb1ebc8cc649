// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/hmm.h>
#include <linux/hmm-dma.h>
#include <linux/mmu_notifier.h>
#include <linux/pci-p2pdma.h>
#include <linux/mm.h>
#include <linux/slab.h>

struct hm_mr {
	struct device *dev;
	struct mmu_interval_notifier notifier;
	struct hmm_dma_map map;
	unsigned long start;
	size_t npages;
	u64 *pas;
};

static int hm_fault(struct hm_mr *mr, size_t first, size_t count)
{
	struct hmm_range range = {
		.notifier = &mr->notifier,
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	int ret;

	range.start = mr->start + first * PAGE_SIZE;
	range.end = range.start + count * PAGE_SIZE;
	range.hmm_pfns = &mr->map.pfn_list[first];
	range.notifier_seq = mmu_interval_read_begin(range.notifier);
	ret = hmm_range_fault(&range);
	return ret;
}

int hm_map(struct hm_mr *mr, size_t first, size_t count);
int hm_map(struct hm_mr *mr, size_t first, size_t count)
{
	struct pci_p2pdma_map_state p2p = {};
	size_t i;
	int ret;

	ret = hm_fault(mr, first, count);
	if (ret)
		return ret;
	for (i = first; i < first + count; i++) {
		dma_addr_t addr = hmm_dma_map_pfn(mr->dev, &mr->map, i, &p2p); //~units:hmm-index-units dma_addr_t addr = hmm_dma_map_pfn(mr->dev, &mr->map, (mr->start >> PAGE_SHIFT) + i, &p2p);

		if (dma_mapping_error(mr->dev, addr))
			goto undo;
		mr->pas[i] = addr;
	}
	return 0;
undo:
	while (i-- > first)
		hmm_dma_unmap_pfn(mr->dev, &mr->map, i);
	return -EIO;
}

void hm_unmap(struct hm_mr *mr, size_t first, size_t count);
void hm_unmap(struct hm_mr *mr, size_t first, size_t count)
{
	size_t i;

	for (i = first; i < first + count; i++)
		hmm_dma_unmap_pfn(mr->dev, &mr->map, i);
}

int hm_create(struct hm_mr *mr);
int hm_create(struct hm_mr *mr)
{
	int ret;

	ret = hmm_dma_map_alloc(mr->dev, &mr->map, mr->npages, PAGE_SIZE); /*@mapleak*/
	if (ret)
		return ret;
	mr->pas = kvcalloc(mr->npages, sizeof(*mr->pas), GFP_KERNEL);
	if (!mr->pas) {
		hmm_dma_map_free(mr->dev, &mr->map); //~mapleak:hmm-map-leak ;
		return -ENOMEM;
	}
	return 0;
}

void hm_destroy(struct hm_mr *mr);
void hm_destroy(struct hm_mr *mr)
{
	kvfree(mr->pas);
	hmm_dma_map_free(mr->dev, &mr->map);
}
