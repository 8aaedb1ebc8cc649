/* SPDX-License-Identifier: GPL-2.0-only */
/* The two-step API on an IOMMU, done right; the test builds mistakes into it. */
#include "primitives.h"

#define BOUNCED (1UL << 63)

static struct iova_domain *space_of(struct device *dev)
{
	return &iommu_get_dma_domain(dev)->iova_cookie->iovad;
}

static size_t inner(struct device *dev, u64 address)
{
	return address & (space_of(dev)->granule - 1);
}

static size_t rounded(struct device *dev, size_t bytes)
{
	unsigned long granule = space_of(dev)->granule;

	return (bytes + granule - 1) & ~(granule - 1);
}

static int permissions(enum dma_data_direction dir)
{
	return dir == DMA_TO_DEVICE ? IOMMU_READ :
	       dir == DMA_FROM_DEVICE ? IOMMU_WRITE : IOMMU_READ | IOMMU_WRITE;
}

bool dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
			size_t size)
{
	unsigned long first, granule;

	state->addr = 0;
	state->__size = 0;
	if (!use_dma_iommu(dev))
		return false;
	if (!size || (size & BOUNCED))
		return false;
	granule = space_of(dev)->granule;
	first = alloc_iova_fast(space_of(dev), rounded(dev, size + inner(dev, phys)) / granule,
				dma_get_mask(dev) / granule, true);
	if (!first)
		return false;
	state->addr = first * granule + inner(dev, phys);
	state->__size = size;
	return true;
}

static void give_back(struct device *dev, struct dma_iova_state *state, size_t size)
{
	unsigned long granule = space_of(dev)->granule;

	free_iova_fast(space_of(dev), state->addr / granule,
		       rounded(dev, size + inner(dev, state->addr)) / granule);
}

void dma_iova_free(struct device *dev, struct dma_iova_state *state)
{
	give_back(dev, state, state->__size & ~BOUNCED);
}

static int enter(struct device *dev, dma_addr_t at, phys_addr_t phys, size_t bytes,
		 enum dma_data_direction dir, unsigned long attrs)
{
	if (!dev_is_dma_coherent(dev) && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		arch_sync_dma_for_device(phys, bytes, dir);
	return iommu_map_nosync(iommu_get_dma_domain(dev), at, phys, bytes, permissions(dir), 0);
}

static int enter_copy(struct device *dev, dma_addr_t at, phys_addr_t phys, size_t bytes,
		      enum dma_data_direction dir, unsigned long attrs)
{
	size_t before = inner(dev, at), after;
	phys_addr_t copy;
	int error;

	copy = swiotlb_tbl_map_single(dev, phys, bytes, space_of(dev)->granule - 1, dir, attrs);
	if (copy == DMA_MAPPING_ERROR)
		return -ENOMEM;
	if (inner(dev, copy) != before) {
		/* The swiotlb keeps only the low bits that the device asked for. */
		error = -EIO;
		goto release;
	}
	after = rounded(dev, before + bytes) - before - bytes;
	memset(phys_to_virt(copy - before), 0, before);
	memset(phys_to_virt(copy + bytes), 0, after);
	error = enter(dev, at - before, copy - before, rounded(dev, before + bytes), dir, attrs);
	if (!error)
		return 0;
release:
	swiotlb_tbl_unmap_single(dev, copy, bytes, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return error;
}

static void drop(struct device *dev, dma_addr_t at, size_t bytes, bool bounced,
		 enum dma_data_direction dir, unsigned long attrs)
{
	struct iommu_domain *domain = iommu_get_dma_domain(dev);
	struct iommu_iotlb_gather gather = { .start = ~0UL };
	size_t pad = inner(dev, at);
	size_t done = 0;

	while (bounced && done < bytes) {
		size_t part = space_of(dev)->granule - inner(dev, at + done);

		if (part > bytes - done)
			part = bytes - done;
		swiotlb_tbl_unmap_single(dev, iommu_iova_to_phys(domain, at + done), part, dir,
					 attrs);
		done += part;
	}
	iommu_unmap_fast(domain, at - pad, rounded(dev, bytes + pad), &gather);
	iommu_iotlb_sync(domain, &gather);
}

void dma_iova_unlink(struct device *dev, struct dma_iova_state *state, size_t offset, size_t size,
		     enum dma_data_direction dir, unsigned long attrs)
{
	drop(dev, state->addr + offset, size, state->__size & BOUNCED, dir, attrs);
}

static int link_copies(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
		       size_t offset, size_t size, enum dma_data_direction dir,
		       unsigned long attrs)
{
	dma_addr_t at = state->addr + offset;
	size_t head = inner(dev, phys), tail = inner(dev, phys + size);
	size_t done = 0;
	int error;

	if (head) {
		size_t part = space_of(dev)->granule - head;

		if (part > size)
			part = size;
		error = enter_copy(dev, at, phys, part, dir, attrs);
		if (error)
			return error;
		state->__size |= BOUNCED;
		done = part;
		if (done == size)
			return 0;
	}
	size -= done + tail;
	if (size) {
		error = enter(dev, at + done, phys + done, size, dir, attrs);
		if (error)
			goto undo;
		done += size;
	}
	if (tail) {
		error = enter_copy(dev, at + done, phys + done, tail, dir, attrs);
		if (error)
			goto undo;
		state->__size |= BOUNCED;
	}
	return 0;
undo:
	if (done)
		dma_iova_unlink(dev, state, offset, done, dir, attrs);
	return error;
}

int dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
		  size_t offset, size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	size_t pad = inner(dev, phys);

	if (pad && offset)
		return -EIO;
	if (dev_is_untrusted(dev) && inner(dev, phys | size))
		return link_copies(dev, state, phys, offset, size, dir, attrs);
	return enter(dev, state->addr + offset - pad, phys - pad, rounded(dev, size + pad), dir,
		     attrs);
}

int dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset, size_t size)
{
	dma_addr_t at = state->addr + offset;
	size_t pad = inner(dev, at);

	return iommu_sync_map(iommu_get_dma_domain(dev), at - pad, rounded(dev, size + pad));
}

void dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped_len,
		      enum dma_data_direction dir, unsigned long attrs)
{
	if (mapped_len)
		drop(dev, state->addr, mapped_len, state->__size & BOUNCED, dir, attrs);
	give_back(dev, state, state->__size & ~BOUNCED);
}
