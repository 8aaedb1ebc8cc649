/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists without an IOMMU, done right; the test builds mistakes into it. */
#include "primitives.h"

static dma_addr_t map_one(struct device *dev, phys_addr_t phys, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	if (is_swiotlb_force_bounce(dev) || !dma_capable(dev, phys, size, true)) {
		if (!is_swiotlb_active(dev))
			return DMA_MAPPING_ERROR;
		phys = swiotlb_tbl_map_single(dev, phys, size, 0, dir, attrs);
		if (phys == DMA_MAPPING_ERROR)
			return phys;
	}
	if (!dev_is_dma_coherent(dev) && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		arch_sync_dma_for_device(phys, size, dir);
	return phys;
}

void dma_direct_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			 enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		if (sg->dma_flags & SG_DMA_BUS_ADDRESS)
			sg->dma_flags &= ~SG_DMA_BUS_ADDRESS;
		else
			swiotlb_tbl_unmap_single(dev, sg->dma_address, sg_dma_len(sg), dir, attrs);
	}
}

int dma_direct_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
		      enum dma_data_direction dir, unsigned long attrs)
{
	struct pci_p2pdma_map_state state = {};
	struct scatterlist *sg;
	int i, error = -EIO;

	for_each_sg(sgl, sg, nents, i) {
		switch (pci_p2pdma_state(&state, dev, sg_page(sg))) {
		case PCI_P2PDMA_MAP_BUS_ADDR:
			sg->dma_address = pci_p2pdma_bus_addr_map(&state, sg_phys(sg));
			sg_dma_len(sg) = sg->length;
			sg->dma_flags |= SG_DMA_BUS_ADDRESS;
			continue;
		case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
		case PCI_P2PDMA_MAP_NONE:
			break;
		default:
			error = -EREMOTEIO;
			goto undo;
		}
		sg->dma_address = map_one(dev, sg_phys(sg), sg->length, dir, attrs);
		if (sg->dma_address == DMA_MAPPING_ERROR)
			goto undo;
		sg_dma_len(sg) = sg->length;
	}
	return nents;
undo:
	dma_direct_unmap_sg(dev, sgl, i, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return error;
}
