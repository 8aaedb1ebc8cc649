// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int gadwall_load(struct device *dev, void *firmware, size_t size, dma_addr_t *where)
{
	*where = dma_map_single(dev, firmware, size, DMA_TO_DEVICE); // want keep-single-buffer
	return dma_mapping_error(dev, *where);
}
