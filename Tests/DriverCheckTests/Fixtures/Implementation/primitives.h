/* SPDX-License-Identifier: GPL-2.0-only */
/* What an implementation of the DMA API stands on, with the kernel's prototypes. */
#include "kernel.h"
#define EREMOTEIO 121
#define EOPNOTSUPP 95
#define DMA_MAPPING_ERROR (~(dma_addr_t)0)
#define IOMMU_READ 1
#define IOMMU_WRITE 2
#define SG_DMA_BUS_ADDRESS 1u

struct iova_domain { unsigned long granule; };
struct iommu_dma_cookie { struct iova_domain iovad; };
struct iommu_domain { unsigned long pgsize_bitmap; struct iommu_dma_cookie *iova_cookie; };
struct iommu_iotlb_gather { unsigned long start, end; bool queued; };

struct iommu_domain *iommu_get_dma_domain(struct device *);
int iommu_map(struct iommu_domain *, unsigned long, phys_addr_t, size_t, int, gfp_t);
int iommu_map_nosync(struct iommu_domain *, unsigned long, phys_addr_t, size_t, int, gfp_t);
int iommu_sync_map(struct iommu_domain *, unsigned long, size_t);
size_t iommu_unmap(struct iommu_domain *, unsigned long, size_t);
size_t iommu_unmap_fast(struct iommu_domain *, unsigned long, size_t, struct iommu_iotlb_gather *);
void iommu_iotlb_sync(struct iommu_domain *, struct iommu_iotlb_gather *);
phys_addr_t iommu_iova_to_phys(struct iommu_domain *, dma_addr_t);
unsigned long alloc_iova_fast(struct iova_domain *, unsigned long, unsigned long, bool);
void free_iova_fast(struct iova_domain *, unsigned long, unsigned long);
phys_addr_t swiotlb_tbl_map_single(struct device *, phys_addr_t, size_t, unsigned int,
				   enum dma_data_direction, unsigned long);
void swiotlb_tbl_unmap_single(struct device *, phys_addr_t, size_t, enum dma_data_direction,
			      unsigned long);
bool dev_is_untrusted(struct device *);
bool dev_is_dma_coherent(struct device *);
bool dma_addressing_limited(struct device *);
bool use_dma_iommu(struct device *);
bool is_swiotlb_active(struct device *);
bool is_swiotlb_force_bounce(struct device *);
bool dma_capable(struct device *, dma_addr_t, size_t, bool);
u64 dma_get_mask(struct device *);
void arch_sync_dma_for_device(phys_addr_t, size_t, enum dma_data_direction);
void arch_sync_dma_for_cpu(phys_addr_t, size_t, enum dma_data_direction);
void *phys_to_virt(phys_addr_t);
struct page *sg_page(struct scatterlist *);
phys_addr_t sg_phys(struct scatterlist *);
void *memset(void *, int, size_t);
