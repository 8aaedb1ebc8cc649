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

struct page;
struct device;

void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kcalloc(size_t count, size_t size, gfp_t flags);
void kfree(const void *object);
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
void dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped_len,
		      enum dma_data_direction dir, unsigned long attrs);

#endif
