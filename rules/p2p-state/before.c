// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int sanderling_map(struct device *dev, struct scatterlist *sgl, int nents)
{
	struct pci_p2pdma_map_state state = {};
	enum pci_p2pdma_map_type map;
	struct scatterlist *sg;
	int i;

	for (i = 0, sg = sgl; i < nents; i++, sg = sg_next(sg)) {
		if (is_pci_p2pdma_page(sg_page(sg))) {
			map = pci_p2pdma_map_segment(&state, dev, sg);
			switch (map) {
			case PCI_P2PDMA_MAP_BUS_ADDR:
				continue;
			case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
				break;
			default:
				return -EIO;
			}
		}
		sg->dma_address = dma_map_page(dev, sg_page(sg), sg->offset,
					       sg->length, DMA_TO_DEVICE);
	}
	return nents;
}
