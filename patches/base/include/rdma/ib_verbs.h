/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IB_VERBS_H
#define IB_VERBS_H

#include <linux/dma-mapping.h>

/* Devices without a DMA device of their own are handed CPU addresses. */
struct ib_device {
	struct device *dma_device;
};

static inline int ib_dma_mapping_error(struct ib_device *dev, u64 dma_addr)
{
	return dev->dma_device ? dma_mapping_error(dev->dma_device, dma_addr) : 0;
}

static inline u64 ib_dma_map_single(struct ib_device *dev, void *cpu_addr,
				    size_t size,
				    enum dma_data_direction direction)
{
	if (!dev->dma_device)
		return (unsigned long)cpu_addr;
	return dma_map_single(dev->dma_device, cpu_addr, size, direction);
}

static inline void ib_dma_unmap_single(struct ib_device *dev, u64 addr,
				       size_t size,
				       enum dma_data_direction direction)
{
	if (dev->dma_device)
		dma_unmap_single(dev->dma_device, addr, size, direction);
}

static inline bool ib_uses_virt_dma(struct ib_device *dev)
{
	return !dev->dma_device;
}

static inline u64 ib_dma_map_page(struct ib_device *dev, struct page *page,
				  unsigned long offset, size_t size,
				  enum dma_data_direction direction)
{
	if (!dev->dma_device)
		return (unsigned long)page_address(page) + offset;
	return dma_map_page(dev->dma_device, page, offset, size, direction);
}

static inline void ib_dma_unmap_page(struct ib_device *dev, u64 addr,
				     size_t size,
				     enum dma_data_direction direction)
{
	if (dev->dma_device)
		dma_unmap_page(dev->dma_device, addr, size, direction);
}

#endif /* IB_VERBS_H */
