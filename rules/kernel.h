/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases of the rules need of the kernel; nothing here is ever compiled into anything. */
#ifndef TWOSTEP_RULES_KERNEL_H
#define TWOSTEP_RULES_KERNEL_H

typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long size_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef unsigned int gfp_t;
typedef _Bool bool;

#define NULL		((void *)0)
#define ENOMEM		12
#define EIO		5
#define EFAULT		14
#define EINVAL		22
#define GFP_KERNEL	0xcc0u
#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define DMA_MAPPING_ERROR	(~(dma_addr_t)0)
#define DMA_ATTR_SKIP_CPU_SYNC	(1UL << 5)

enum dma_data_direction {
	DMA_BIDIRECTIONAL,
	DMA_TO_DEVICE,
	DMA_FROM_DEVICE,
	DMA_NONE,
};

struct page {
	unsigned long flags;
	void *more[7];
};

#define nth_page(page, n)	((page) + (n))

struct device;
struct iommu_domain;

struct scatterlist {
	unsigned long page_link;
	unsigned int offset;
	unsigned int length;
	dma_addr_t dma_address;
	unsigned int dma_length;
};

struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents;
	unsigned int orig_nents;
};

struct sk_buff {
	unsigned int len;
	unsigned char *data;
};

void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kcalloc(size_t count, size_t size, gfp_t flags);
/* As the allocators are where allocations are profiled. */
#define kmalloc_array(count, size, flags)	({ kmalloc((count) * (size), flags); })
void *kvmalloc_array_node_noprof(size_t count, size_t size, gfp_t flags, int node);
#define kvcalloc(count, size, flags) \
	({ kvmalloc_array_node_noprof(count, size, (flags) | 0x100u, -1); })
void kfree(const void *object);
void kvfree(const void *object);
struct page *alloc_page(gfp_t flags);
void __free_page(struct page *page);
phys_addr_t page_to_phys(struct page *page);
unsigned long __get_free_pages(gfp_t flags, unsigned int order);
void free_pages(unsigned long address, unsigned int order);
phys_addr_t virt_to_phys(void *address);
void *memset(void *object, int value, size_t size);
int printk(const char *format, ...);

dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
dma_addr_t dma_map_single_attrs(struct device *dev, void *ptr, size_t size,
				enum dma_data_direction dir, unsigned long attrs);
void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);
void dma_unmap_single_attrs(struct device *dev, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir, unsigned long attrs);
int dma_mapping_error(struct device *dev, dma_addr_t addr);
int dma_map_sg_attrs(struct device *dev, struct scatterlist *sgl, int nents,
		     enum dma_data_direction dir, unsigned long attrs);
int dma_map_sgtable(struct device *dev, struct sg_table *table, enum dma_data_direction dir,
		    unsigned long attrs);
#define dma_map_sg(d, s, n, r)	dma_map_sg_attrs(d, s, n, r, 0)
#define sg_dma_len(sg)	((sg)->dma_length)
struct page *sg_page(struct scatterlist *sg);
phys_addr_t sg_phys(struct scatterlist *sg);
void sg_dma_mark_bus_address(struct scatterlist *sg);
bool dma_need_unmap(struct device *dev);

enum pci_p2pdma_map_type {
	PCI_P2PDMA_MAP_UNKNOWN,
	PCI_P2PDMA_MAP_NONE,
	PCI_P2PDMA_MAP_NOT_SUPPORTED,
	PCI_P2PDMA_MAP_BUS_ADDR,
	PCI_P2PDMA_MAP_THRU_HOST_BRIDGE,
};

struct pci_p2pdma_map_state {
	enum pci_p2pdma_map_type map;
};

bool is_pci_p2pdma_page(const struct page *page);
enum pci_p2pdma_map_type pci_p2pdma_map_segment(struct pci_p2pdma_map_state *state,
						struct device *dev, struct scatterlist *sg);
enum pci_p2pdma_map_type pci_p2pdma_state(struct pci_p2pdma_map_state *state, struct device *dev,
					  struct page *page);
dma_addr_t pci_p2pdma_bus_addr_map(struct pci_p2pdma_map_state *state, phys_addr_t phys);
int sg_alloc_table_from_pages(struct sg_table *table, struct page **pages, unsigned int count,
			      unsigned int offset, unsigned long size, gfp_t flags);
void sg_free_table(struct sg_table *table);
struct scatterlist *sg_next(struct scatterlist *sg);
#define for_each_sg(list, sg, count, i) \
	for (i = 0, sg = (list); i < (count); i++, sg = sg_next(sg))
#define for_each_sgtable_sg(table, sg, i) \
	for_each_sg((table)->sgl, sg, (table)->orig_nents, i)

struct sg_append_table {
	struct sg_table sgt;
	struct scatterlist *prv;
	unsigned int total_nents;
};

struct sg_page_iter {
	struct scatterlist *sg;
	unsigned int sg_pgoffset;
	unsigned int __nents;
	int __pg_advance;
};

struct sg_dma_page_iter {
	struct sg_page_iter base;
};

int sg_alloc_append_table_from_pages(struct sg_append_table *table, struct page **pages,
				     unsigned int count, unsigned int offset, unsigned long size,
				     unsigned int limit, unsigned int left, gfp_t flags);
void sg_free_append_table(struct sg_append_table *table);
void dma_unmap_sgtable(struct device *dev, struct sg_table *table, enum dma_data_direction dir,
		       unsigned long attrs);
void dma_sync_sgtable_for_cpu(struct device *dev, struct sg_table *table,
			      enum dma_data_direction dir);
void __sg_page_iter_start(struct sg_page_iter *iter, struct scatterlist *sgl, unsigned int nents,
			  unsigned long page);
bool __sg_page_iter_next(struct sg_page_iter *iter);
bool __sg_page_iter_dma_next(struct sg_dma_page_iter *iter);
struct page *sg_page_iter_page(struct sg_page_iter *iter);
dma_addr_t sg_page_iter_dma_address(struct sg_dma_page_iter *iter);
#define for_each_sgtable_page(table, iter, page)                                   \
	for (__sg_page_iter_start((iter), (table)->sgl, (table)->orig_nents, (page)); \
	     __sg_page_iter_next(iter);)
#define for_each_sgtable_dma_page(table, iter, page)                                 \
	for (__sg_page_iter_start(&(iter)->base, (table)->sgl, (table)->nents, (page)); \
	     __sg_page_iter_dma_next(iter);)
void *memcpy(void *to, const void *from, size_t size);
void *kvrealloc(const void *object, size_t size, gfp_t flags);
size_t size_mul(size_t one, size_t other);
unsigned long roundup_pow_of_two(unsigned long number);
#define sg_dma_address(sg)	((sg)->dma_address)

enum hmm_pfn_flags {
	HMM_PFN_VALID = 1UL << 63,
	HMM_PFN_WRITE = 1UL << 62,
	HMM_PFN_DMA_MAPPED = 1UL << 60,
	HMM_PFN_REQ_FAULT = HMM_PFN_VALID,
	HMM_PFN_REQ_WRITE = HMM_PFN_WRITE,
	HMM_PFN_FLAGS = ~((1UL << 53) - 1),
};

struct mmu_interval_notifier;

struct hmm_range {
	struct mmu_interval_notifier *notifier;
	unsigned long notifier_seq;
	unsigned long start;
	unsigned long end;
	unsigned long *hmm_pfns;
	unsigned long default_flags;
	unsigned long pfn_flags_mask;
	void *dev_private_owner;
};

int hmm_range_fault(struct hmm_range *range);
struct page *hmm_pfn_to_page(unsigned long pfn);
unsigned int hmm_pfn_to_map_order(unsigned long pfn);
int iommu_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr, size_t size,
	      int prot, gfp_t flags);
void dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			     enum dma_data_direction dir);
#define dma_map_page(d, p, o, s, r)	dma_map_page_attrs(d, p, o, s, r, 0)
#define dma_map_single(d, p, s, r)	dma_map_single_attrs(d, p, s, r, 0)
#define dma_unmap_page(d, a, s, r)	dma_unmap_page_attrs(d, a, s, r, 0)
#define dma_unmap_single(d, a, s, r)	dma_unmap_single_attrs(d, a, s, r, 0)

struct ib_device {
	struct device *dma_device;
};

bool ib_uses_virt_dma(struct ib_device *dev);
u64 ib_dma_map_page(struct ib_device *dev, struct page *page, unsigned long offset, size_t size,
		    enum dma_data_direction dir);
void ib_dma_unmap_page(struct ib_device *dev, u64 addr, size_t size,
		       enum dma_data_direction dir);
int ib_dma_mapping_error(struct ib_device *dev, u64 addr);

struct dma_iova_state {
	dma_addr_t addr;
	u64 __size;
};

bool dma_use_iova(struct dma_iova_state *state);
bool dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
			size_t size);
int dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
		  size_t offset, size_t size, enum dma_data_direction dir, unsigned long attrs);
int dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset, size_t size);
void dma_iova_unlink(struct device *dev, struct dma_iova_state *state, size_t offset, size_t size,
		     enum dma_data_direction dir, unsigned long attrs);
void dma_iova_free(struct device *dev, struct dma_iova_state *state);
void dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped_len,
		      enum dma_data_direction dir, unsigned long attrs);

struct hmm_dma_map {
	struct dma_iova_state state;
	unsigned long *pfn_list;
	dma_addr_t *dma_list;
	size_t dma_entry_size;
};

int hmm_dma_map_alloc(struct device *dev, struct hmm_dma_map *map, size_t nr_entries,
		      size_t dma_entry_size);
void hmm_dma_map_free(struct device *dev, struct hmm_dma_map *map);
dma_addr_t hmm_dma_map_pfn(struct device *dev, struct hmm_dma_map *map, size_t idx,
			   struct pci_p2pdma_map_state *p2pdma_state);
bool hmm_dma_unmap_pfn(struct device *dev, struct hmm_dma_map *map, size_t idx);

#endif
