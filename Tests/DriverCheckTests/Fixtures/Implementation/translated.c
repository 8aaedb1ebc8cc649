/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages through an IOMMU, done right; the test builds mistakes into it. */
#include "primitives.h"

static struct iova_domain *space_of(struct device *dev)
{
	return &iommu_get_dma_domain(dev)->iova_cookie->iovad;
}

dma_addr_t iommu_dma_map_page(struct device *dev, struct page *page, unsigned long offset,
			      size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	unsigned long granule = space_of(dev)->granule, first, pad, bytes;
	phys_addr_t phys = page_to_phys(page) + offset;
	int prot = dir == DMA_TO_DEVICE ? IOMMU_READ : IOMMU_WRITE;

	if (dir == DMA_BIDIRECTIONAL)
		prot = IOMMU_READ | IOMMU_WRITE;
	if (dev_is_untrusted(dev) && ((phys | size) & (granule - 1))) {
		phys = swiotlb_tbl_map_single(dev, phys, size, granule - 1, dir, attrs);
		if (phys == DMA_MAPPING_ERROR)
			return phys;
		pad = phys & (granule - 1);
		memset(phys_to_virt(phys - pad), 0, pad);
		memset(phys_to_virt(phys + size), 0, -(phys + size) & (granule - 1));
	}
	pad = phys & (granule - 1);
	bytes = (size + pad + granule - 1) & ~(granule - 1);
	if (!dev_is_dma_coherent(dev) && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		arch_sync_dma_for_device(phys, size, dir);
	first = alloc_iova_fast(space_of(dev), bytes / granule, dma_get_mask(dev) / granule, true);
	if (!first)
		goto no_space;
	if (iommu_map(iommu_get_dma_domain(dev), first * granule, phys - pad, bytes, prot, 0))
		goto no_map;
	return first * granule + pad;
no_map:
	free_iova_fast(space_of(dev), first, bytes / granule);
no_space:
	swiotlb_tbl_unmap_single(dev, phys, size, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return DMA_MAPPING_ERROR;
}

void iommu_dma_unmap_page(struct device *dev, dma_addr_t address, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	unsigned long granule = space_of(dev)->granule, pad = address & (granule - 1);
	unsigned long bytes = (size + pad + granule - 1) & ~(granule - 1);
	phys_addr_t phys = iommu_iova_to_phys(iommu_get_dma_domain(dev), address);

	iommu_unmap(iommu_get_dma_domain(dev), address - pad, bytes);
	free_iova_fast(space_of(dev), address / granule, bytes / granule);
	swiotlb_tbl_unmap_single(dev, phys, size, dir, attrs);
}
