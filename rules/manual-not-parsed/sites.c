// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

#ifdef CONFIG_NEVER_SET
int mallard_map(struct device *dev, void *buffer)
{
	return !dma_map_single(dev, buffer, 64, DMA_TO_DEVICE);
}
#endif

int mallard_map_one(struct device *dev, void *buffer, dma_addr_t *addr)
{
	*addr = dma_map_single(dev, buffer, 64, DMA_TO_DEVICE); // want keep-single-buffer
	return dma_mapping_error(dev, *addr);
}
