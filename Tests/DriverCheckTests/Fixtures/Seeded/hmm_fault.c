// SPDX-License-Identifier: GPL-2.0-only
/* on-demand paging: a map made with its object, pages mapped in batches with flags, undone by range */
#include <linux/dma-mapping.h>
#include <linux/hmm-dma.h>
#include <linux/hmm.h>
#include <linux/mmu_notifier.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>

struct hf_region {
	struct device *dma_device;
	struct hmm_dma_map *map;
	struct mmu_interval_notifier ni;
	unsigned long base;
	size_t pages;
	dma_addr_t *xlt;
};

struct hf_region *hf_region_create(struct device *dev, unsigned long base, size_t pages);
struct hf_region *hf_region_create(struct device *dev, unsigned long base, size_t pages)
{
	struct hf_region *r = kzalloc(sizeof(*r), GFP_KERNEL);
	int err = -ENOMEM;

	if (!r)
		return ERR_PTR(-ENOMEM);
	r->map = kzalloc(sizeof(*r->map), GFP_KERNEL);
	if (!r->map)
		goto free_region;
	err = hmm_dma_map_alloc(dev, r->map, pages, PAGE_SIZE); /*@kept*/ /*@never*/
	if (err)
		goto free_map;
	r->xlt = kvcalloc(pages, sizeof(*r->xlt), GFP_KERNEL);
	if (!r->xlt) {
		err = -ENOMEM;
		goto free_hmm; //~kept:hmm-map-leak goto free_map;
	}
	r->dma_device = dev;
	r->base = base;
	r->pages = pages;
	return r;
free_hmm:
	hmm_dma_map_free(dev, r->map);
free_map:
	kfree(r->map);
free_region:
	kfree(r);
	return ERR_PTR(err);
}

void hf_region_destroy(struct hf_region *r);
void hf_region_destroy(struct hf_region *r)
{
	kvfree(r->xlt);
	hmm_dma_map_free(r->dma_device, r->map); //~never:hmm-map-leak ;
	kfree(r->map);
	kfree(r);
}

static void hf_unmap_some(struct hf_region *r, size_t from, size_t to)
{
	for (; from < to; from++) {
		if (!(r->map->pfn_list[from] & HMM_PFN_VALID))
			continue;
		hmm_dma_unmap_pfn(r->dma_device, r->map, from);
	}
}

int hf_region_fault(struct hf_region *r);
int hf_region_fault(struct hf_region *r)
{
	struct pci_p2pdma_map_state p2p_state = {};
	struct hmm_range range = {};
	dma_addr_t dma;
	size_t n;
	int err;

	range.notifier = &r->ni;
	range.start = r->base;
	range.end = r->base + (r->pages << PAGE_SHIFT);
	range.hmm_pfns = r->map->pfn_list;
	range.default_flags = HMM_PFN_REQ_FAULT;
	range.notifier_seq = mmu_interval_read_begin(&r->ni);
	err = hmm_range_fault(&range);
	if (err)
		return err;
	for (n = 0; n < r->pages; n++) {
		dma = hmm_dma_map_pfn(r->dma_device, r->map, n, &p2p_state); /*@unchk*/
		if (dma_mapping_error(r->dma_device, dma)) { //~unchk:hmm-error-unchecked if (0) {
			hf_unmap_some(r, 0, n);
			return -EFAULT;
		}
		r->xlt[n] = dma;
	}
	return 0;
}

void hf_region_invalidate(struct hf_region *r);
void hf_region_invalidate(struct hf_region *r)
{
	hf_unmap_some(r, 0, r->pages);
}
