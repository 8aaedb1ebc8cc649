/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of the kernel as the fixtures need, with the kernel's types and prototypes. */
#ifndef FIXTURE_KERNEL_H
#define FIXTURE_KERNEL_H
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef unsigned long size_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef unsigned int gfp_t;
#define bool _Bool
#define true 1
#define false 0
#define NULL ((void *)0)
#define PAGE_SIZE 4096UL
#define PAGE_SHIFT 12
#define GFP_KERNEL 0xcc0u
#define ENOMEM 12
#define EIO 5
#define EINVAL 22
#define unlikely(x) __builtin_expect(!!(x), 0)

struct device { int id; };
struct page { unsigned long flags; unsigned long words[7]; };
struct scatterlist {
	unsigned long page_link;
	unsigned int offset;
	unsigned int length;
	dma_addr_t dma_address;
	unsigned int dma_length;
	unsigned int dma_flags;
};
struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents;
	unsigned int orig_nents;
};
struct dma_iova_state {
	dma_addr_t addr;
	u64 __size;
};
enum dma_data_direction {
	DMA_BIDIRECTIONAL = 0,
	DMA_TO_DEVICE = 1,
	DMA_FROM_DEVICE = 2,
	DMA_NONE = 3,
};

extern unsigned long vmemmap_base;
#define page_to_pfn(p) ((unsigned long)((p) - (struct page *)vmemmap_base))
#define page_to_phys(p) ((phys_addr_t)page_to_pfn(p) << PAGE_SHIFT)
#define sg_dma_address(sg) ((sg)->dma_address)
#define sg_dma_len(sg) ((sg)->dma_length)
static inline phys_addr_t sg_phys(struct scatterlist *sg)
{
	return page_to_phys((struct page *)(sg->page_link & ~3UL)) + sg->offset;
}
#define for_each_sg(sglist, sg, nr, __i) \
	for (__i = 0, sg = (sglist); __i < (nr); __i++, sg = sg_next(sg))

dma_addr_t dma_map_page(struct device *, struct page *, size_t, size_t, enum dma_data_direction);
dma_addr_t dma_map_single(struct device *, void *, size_t, enum dma_data_direction);
int dma_mapping_error(struct device *, dma_addr_t);
void dma_unmap_page(struct device *, dma_addr_t, size_t, enum dma_data_direction);
void dma_unmap_single(struct device *, dma_addr_t, size_t, enum dma_data_direction);
unsigned int dma_map_sg(struct device *, struct scatterlist *, int, enum dma_data_direction);
void dma_unmap_sg(struct device *, struct scatterlist *, int, enum dma_data_direction);
int sg_alloc_table_from_pages_segment(struct sg_table *, struct page **, unsigned int, unsigned int,
				      unsigned long, unsigned int, gfp_t);
void sg_free_table(struct sg_table *);
int dma_map_sgtable(struct device *, struct sg_table *, enum dma_data_direction, unsigned long);
void dma_unmap_sgtable(struct device *, struct sg_table *, enum dma_data_direction, unsigned long);
void dma_sync_single_for_cpu(struct device *, dma_addr_t, size_t, enum dma_data_direction);
void *dma_alloc_coherent(struct device *, size_t, dma_addr_t *, gfp_t);
void dma_free_coherent(struct device *, size_t, void *, dma_addr_t);
bool dma_iova_try_alloc(struct device *, struct dma_iova_state *, phys_addr_t, size_t);
void dma_iova_free(struct device *, struct dma_iova_state *);
int dma_iova_link(struct device *, struct dma_iova_state *, phys_addr_t, size_t, size_t,
		  enum dma_data_direction, unsigned long);
int dma_iova_sync(struct device *, struct dma_iova_state *, size_t, size_t);
void dma_iova_unlink(struct device *, struct dma_iova_state *, size_t, size_t,
		     enum dma_data_direction, unsigned long);
void dma_iova_destroy(struct device *, struct dma_iova_state *, size_t,
		      enum dma_data_direction, unsigned long);
bool dma_use_iova(struct dma_iova_state *);
struct scatterlist *sg_next(struct scatterlist *);
void *kmalloc(size_t, gfp_t);
void *kzalloc(size_t, gfp_t);
void *kcalloc(size_t, size_t, gfp_t);
void kfree(const void *);
struct page *alloc_pages(gfp_t, unsigned int);
#define alloc_page(gfp) alloc_pages(gfp, 0)
void __free_pages(struct page *, unsigned int);
#define __free_page(page) __free_pages(page, 0)
unsigned int alloc_pages_bulk_noprof(gfp_t, int, void *, int, struct page **);
#define alloc_pages_bulk(gfp, n, array) alloc_pages_bulk_noprof(gfp, 0, NULL, n, array)

#define DMA_ATTR_SKIP_CPU_SYNC (1UL << 5)
dma_addr_t dma_map_page_attrs(struct device *, struct page *, size_t, size_t,
			      enum dma_data_direction, unsigned long);
void dma_unmap_page_attrs(struct device *, dma_addr_t, size_t, enum dma_data_direction,
			  unsigned long);
void dma_unmap_resource(struct device *, dma_addr_t, size_t, enum dma_data_direction,
			unsigned long);
void *vmalloc(size_t);
void vfree(const void *);
void *memcpy(void *, const void *, size_t);
dma_addr_t dma_map_resource(struct device *, phys_addr_t, size_t, enum dma_data_direction,
			    unsigned long);
void dma_sync_single_for_device(struct device *, dma_addr_t, size_t, enum dma_data_direction);
size_t dma_iova_size(struct dma_iova_state *);
void sg_init_table(struct scatterlist *, unsigned int);
void sg_set_page(struct scatterlist *, struct page *, unsigned int, unsigned int);
void writel(u32, void *);
void writeq(u64, void *);
u32 __raw_readl(const void *);
void __raw_writel(u32, void *);
unsigned short ioread16be(const void *);
void iowrite16be(unsigned short, void *);
#define lower_32_bits(n) ((u32)((n) & 0xffffffffu))

/* HMM, as include/linux/hmm.h and hmm-dma.h of 6.16 have it. */
#define HMM_PFN_VALID (1UL << 63)
#define HMM_PFN_WRITE (1UL << 62)
#define HMM_PFN_REQ_FAULT HMM_PFN_VALID
#define HMM_PFN_REQ_WRITE HMM_PFN_WRITE
#define HMM_PFN_DMA_MAPPED (1UL << 60)
#define HMM_PFN_FLAGS (~((1UL << 53) - 1))
#define hmm_pfn_to_page(pfn) ((struct page *)vmemmap_base + ((pfn) & ~HMM_PFN_FLAGS))
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
struct hmm_dma_map {
	struct dma_iova_state state;
	unsigned long *pfn_list;
	dma_addr_t *dma_list;
	size_t dma_entry_size;
};
int hmm_range_fault(struct hmm_range *);
struct pci_p2pdma_map_state;
int hmm_dma_map_alloc(struct device *, struct hmm_dma_map *, size_t, size_t);
void hmm_dma_map_free(struct device *, struct hmm_dma_map *);
dma_addr_t hmm_dma_map_pfn(struct device *, struct hmm_dma_map *, size_t,
			   struct pci_p2pdma_map_state *);
bool hmm_dma_unmap_pfn(struct device *, struct hmm_dma_map *, size_t);

/* P2PDMA, as include/linux/pci-p2pdma.h of 6.16 has it. */
enum pci_p2pdma_map_type {
	PCI_P2PDMA_MAP_UNKNOWN = 0,
	PCI_P2PDMA_MAP_NONE,
	PCI_P2PDMA_MAP_NOT_SUPPORTED,
	PCI_P2PDMA_MAP_BUS_ADDR,
	PCI_P2PDMA_MAP_THRU_HOST_BRIDGE,
};
#ifdef P2PDMA_PROVIDERS
/* Since 6.17. */
struct p2pdma_provider { struct device *owner; u64 bus_offset; };
struct pci_p2pdma_map_state {
	struct p2pdma_provider *mem;
	enum pci_p2pdma_map_type map;
};
dma_addr_t pci_p2pdma_bus_addr_map(struct p2pdma_provider *, phys_addr_t);
#else
struct pci_p2pdma_map_state {
	void *pgmap;
	enum pci_p2pdma_map_type map;
	u64 bus_off;
};
dma_addr_t pci_p2pdma_bus_addr_map(struct pci_p2pdma_map_state *, phys_addr_t);
#endif
enum pci_p2pdma_map_type pci_p2pdma_state(struct pci_p2pdma_map_state *, struct device *,
					  struct page *);

/* What the drivers in Seeded/ need beside it. */
typedef u64 __le64;
#define cpu_to_le64(x) ((__le64)(x))
#define le64_to_cpu(x) ((u64)(x))
#define GFP_KERNEL_ACCOUNT GFP_KERNEL
#define E2BIG 7
#define EFAULT 14
#define EREMOTEIO 121
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ERR_PTR(error) ((void *)(long)(error))
#define HMM_PFN_REQ_FAULT HMM_PFN_VALID
void *kvcalloc(size_t, size_t, gfp_t);
void kvfree(const void *);
#define alloc_pages_bulk_array(gfp, n, array) alloc_pages_bulk(gfp, n, array)
struct mm_struct;
struct interval_tree_node { unsigned long start, last; };
struct mmu_interval_notifier {
	struct interval_tree_node interval_tree;
	unsigned long seq;
	struct mm_struct *mm;
};
unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *);
#endif
