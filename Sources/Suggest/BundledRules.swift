// SPDX-License-Identifier: GPL-2.0-only
// swift-format-ignore-file

/// The texts of rules/, by path; `UPDATE_GOLDENS=1 swift test --filter RuleCaseTests` writes this
/// file anew.
enum BundledRules {
  static let files: [String: String] = [
    "kernel.h": ##"""
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

dma_addr_t dma_map_page_attrs(struct device *dev, struct page *page, size_t offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
void dma_unmap_page_attrs(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);
void dma_unmap_single_attrs(struct device *dev, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir, unsigned long attrs);
int dma_mapping_error(struct device *dev, dma_addr_t addr);
void dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			     enum dma_data_direction dir);
#define dma_map_page(d, p, o, s, r)	dma_map_page_attrs(d, p, o, s, r, 0)
#define dma_unmap_page(d, a, s, r)	dma_unmap_page_attrs(d, a, s, r, 0)
#define dma_unmap_single(d, a, s, r)	dma_unmap_single_attrs(d, a, s, r, 0)

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

"""##,
    "page-array-loop/after.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* Pages of the caller's; the addresses are read by the command stream. */
struct teal_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
	u32 npages;
};

int teal_map(struct teal_buffer *buf)
{
	u32 i, j;

	buf->addrs = kcalloc(buf->npages, sizeof(*buf->addrs), GFP_KERNEL);
	if (!buf->addrs)
		return -ENOMEM;

	if (dma_iova_try_alloc(buf->dev, &buf->state, 0,
			       buf->npages * PAGE_SIZE)) {
		for (i = 0; i < buf->npages; i++) {
			if (dma_iova_link(buf->dev, &buf->state,
					  page_to_phys(buf->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE,
					  DMA_FROM_DEVICE, 0))
				goto unmap;
			buf->addrs[i] = buf->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(buf->dev, &buf->state, 0,
				  buf->npages * PAGE_SIZE))
			goto unmap;
	} else {
		for (i = 0; i < buf->npages; i++) {
			/* whole pages only */
			buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
						     PAGE_SIZE,
						     DMA_FROM_DEVICE);
			if (dma_mapping_error(buf->dev, buf->addrs[i]))
				goto unmap;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, i * PAGE_SIZE,
				 DMA_FROM_DEVICE, 0);
	} else {
		for (j = 0; j < i; j++)
			dma_unmap_page(buf->dev, buf->addrs[j], PAGE_SIZE,
				       DMA_FROM_DEVICE);
	}
	kfree(buf->addrs);
	return -EIO;
}

dma_addr_t teal_address(struct teal_buffer *buf, u32 page)
{
	return buf->addrs[page];
}

void teal_unmap(struct teal_buffer *buf)
{
	int i;

	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, buf->npages * PAGE_SIZE,
				 DMA_FROM_DEVICE, 0);
	} else {
		for (i = buf->npages - 1; i >= 0; i--)
			dma_unmap_single(buf->dev, buf->addrs[i], PAGE_SIZE,
					 DMA_FROM_DEVICE);
	}
	kfree(buf->addrs);
	buf->addrs = NULL;
}

/* Pages that live and die with their mapping. */
struct dunnock_table {
	struct page *pages[16];
	dma_addr_t dma[16];
	struct dma_iova_state dma_state;
	int state;
};

int dunnock_init(struct device *dev, struct dunnock_table *table)
{
	int n;
	int err;

	dma_iova_try_alloc(dev, &table->dma_state, 0, 16 * PAGE_SIZE);
	for (n = 0; n < 16; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			err = -ENOMEM;
			goto free;
		}
		if (dma_use_iova(&table->dma_state)) {
			err = dma_iova_link(dev, &table->dma_state,
					    page_to_phys(page), n * PAGE_SIZE,
					    PAGE_SIZE, DMA_TO_DEVICE, 0);
			if (err) {
				__free_page(page);
				goto free;
			}
			table->dma[n] = table->dma_state.addr + n * PAGE_SIZE;
		} else {
			table->dma[n] = dma_map_page(dev, page, 0, PAGE_SIZE,
						     DMA_TO_DEVICE);
			err = dma_mapping_error(dev, table->dma[n]);
			if (err) {
				__free_page(page);
				goto free;
			}
		}
		table->pages[n] = page;
	}
	if (dma_use_iova(&table->dma_state)) {
		err = dma_iova_sync(dev, &table->dma_state, 0, 16 * PAGE_SIZE);
		if (err)
			goto free;
	}
	return 0;

free:
	if (dma_use_iova(&table->dma_state))
		dma_iova_destroy(dev, &table->dma_state, n * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
	while (n--) {
		if (!dma_use_iova(&table->dma_state))
			dma_unmap_page(dev, table->dma[n], PAGE_SIZE,
				       DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
	return err;
}

void dunnock_exit(struct device *dev, struct dunnock_table *table)
{
	if (dma_use_iova(&table->dma_state))
		dma_iova_destroy(dev, &table->dma_state, 16 * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
	for (int n = 0; n < 16; n++) {
		if (!dma_use_iova(&table->dma_state))
			dma_unmap_page(dev, table->dma[n], PAGE_SIZE,
				       DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
}

"""##,
    "page-array-loop/before.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* Pages of the caller's; the addresses are read by the command stream. */
struct teal_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	u32 npages;
};

int teal_map(struct teal_buffer *buf)
{
	u32 i, j;

	buf->addrs = kcalloc(buf->npages, sizeof(*buf->addrs), GFP_KERNEL);
	if (!buf->addrs)
		return -ENOMEM;

	for (i = 0; i < buf->npages; i++) {
		/* whole pages only */
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
					     PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	for (j = 0; j < i; j++)
		dma_unmap_page(buf->dev, buf->addrs[j], PAGE_SIZE,
			       DMA_FROM_DEVICE);
	kfree(buf->addrs);
	return -EIO;
}

dma_addr_t teal_address(struct teal_buffer *buf, u32 page)
{
	return buf->addrs[page];
}

void teal_unmap(struct teal_buffer *buf)
{
	int i;

	for (i = buf->npages - 1; i >= 0; i--)
		dma_unmap_single(buf->dev, buf->addrs[i], PAGE_SIZE,
				 DMA_FROM_DEVICE);
	kfree(buf->addrs);
	buf->addrs = NULL;
}

/* Pages that live and die with their mapping. */
struct dunnock_table {
	struct page *pages[16];
	dma_addr_t dma[16];
	int state;
};

int dunnock_init(struct device *dev, struct dunnock_table *table)
{
	int n;
	int err;

	for (n = 0; n < 16; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			err = -ENOMEM;
			goto free;
		}
		table->dma[n] = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		err = dma_mapping_error(dev, table->dma[n]);
		if (err) {
			__free_page(page);
			goto free;
		}
		table->pages[n] = page;
	}
	return 0;

free:
	while (n--) {
		dma_unmap_page(dev, table->dma[n], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
	return err;
}

void dunnock_exit(struct device *dev, struct dunnock_table *table)
{
	for (int n = 0; n < 16; n++) {
		dma_unmap_page(dev, table->dma[n], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(table->pages[n]);
	}
}

"""##,
    "page-array-loop/keep-array-handed-on.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: hands addrs to stint_publish()
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

void stint_publish(dma_addr_t *addrs, int count);

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_start(struct stint_buffer *buf)
{
	stint_publish(buf->addrs, buf->npages);
}

"""##,
    "page-array-loop/keep-count-changes.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: buf->npages changes within the loop
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		if (!buf->pages[i])
			buf->npages = i;
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-direction-differs.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: do not provably agree on DIR
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
}

"""##,
    "page-array-loop/keep-early-jump.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: jumps to the unmap loop before anything is mapped
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i = 0;

	if (!buf->pages)
		goto unmap;
	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-holes.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: leaves entries out
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		if (!buf->pages[i])
			continue;
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-no-unmap.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: no loop of this file unmaps addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			return -ENOMEM;
	}
	return 0;
}

"""##,
    "page-array-loop/keep-not-cleared.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: allocates struct stint_buffer without clearing it
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

struct stint_buffer *stint_alloc(void)
{
	struct stint_buffer *buf = kmalloc(sizeof(*buf), GFP_KERNEL);

	return buf;
}

"""##,
    "page-array-loop/keep-part-of-a-page.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: maps 512, not PAGE_SIZE
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, 512,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-replaced-one-by-one.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: writes addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_clear(struct stint_buffer *buf, int page)
{
	buf->addrs[page] = 0;
}

"""##,
    "page-array-loop/keep-synced-through-a-variable.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: stint_read() uses addrs and calls dma_sync_single_for_cpu()
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_read(struct stint_buffer *buf, int page)
{
	dma_addr_t addr = buf->addrs[page];

	dma_sync_single_for_cpu(buf->dev, addr, PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-synced.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_sync_single_for_cpu() on one of addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_read(struct stint_buffer *buf, int page)
{
	dma_sync_single_for_cpu(buf->dev, buf->addrs[page], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-two-places.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: addrs is filled in 2 places
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

int stint_remap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/keep-unmapped-one-by-one.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_unmap_page_attrs() on one of addrs
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void stint_evict(struct stint_buffer *buf, int page)
{
	dma_unmap_page(buf->dev, buf->addrs[page], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "page-array-loop/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: page-array-loop
title: link the pages of an array into one IOVA range
confidence: MachineApplicable
requires:
  - dma_iova_try_alloc
  - dma_iova_link
  - dma_iova_sync
  - dma_iova_destroy
  - dma_use_iova
header: linux/dma-mapping.h

documentation: |
  A loop maps the pages of one buffer one by one and keeps each address in an array; other loops
  unmap them all. With an IOMMU every iteration allocates an IOVA, and every unmap frees one and
  may flush the IOTLB.

  The pages become links in one IOVA range: one allocation, one link a page, one sync, and one
  destroy at the end. The array still holds the address of each page, so that its readers do not
  change. Where dma_iova_try_alloc() says no, the old calls run as before.

  Left alone: arrays whose pages are synced, unmapped or replaced one by one, parts of pages,
  loops that leave entries out, and arrays that are handed to code the rule cannot see.

message: |
  Each page is mapped by a call of its own, so that with an IOMMU each page allocates and frees an
  IOVA and is invalidated in the IOTLB on its own. All pages are mapped and unmapped together.

  Allocate one IOVA range for all of them, link the pages into it, and sync and destroy it once.
  Keep the page by page calls for devices that cannot use the IOVA-based API.

metavariables:
  ADDRESSES: storage
  STATE: state beside ADDRESSES
  I: index
  J: index in any order
  COUNT: invariant
  N: invariant
  TOTAL: I after the loop
  DEV: invariant
  PAGE: struct page *
  SIZE: PAGE_SIZE
  DIR: constant
  ATTRS: constant
  RET: expression
  FAIL: failure
  FAIL_AFTER: FAIL after the loop
  UNMAP: dma_unmap_page_attrs() or dma_unmap_single_attrs()
same: [SIZE, DIR, ATTRS]

patterns:
  - name: map only
    role: map
    match: |
      +	if (dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE)) {
      +		for (I = 0; I < COUNT; I++) {
      +			if (dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		}
      +		if (dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +			FAIL_AFTER
      +	} else {
      	for (I = 0; I < COUNT; I++) {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		if (dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      	}
      +	}

  - name: map only, keeping the error
    role: map
    match: |
      +	if (dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE)) {
      +		for (I = 0; I < COUNT; I++) {
      +			RET = dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS);
      +			if (RET)
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		}
      +		RET = dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE);
      +		if (RET)
      +			FAIL_AFTER
      +	} else {
      	for (I = 0; I < COUNT; I++) {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		RET = dma_mapping_error(_, ADDRESSES[I]);
      		if (RET)
      			FAIL
      	}
      +	}

  - name: map and more
    role: map
    match: |
      +	dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			if (dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		if (dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: map and more, keeping the error
    role: map
    match: |
      +	dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			RET = dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS);
      +			if (RET)
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      		RET = dma_mapping_error(_, ADDRESSES[I]);
      		if (RET)
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE)) {
      +		RET = dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE);
      +		if (RET)
      +			FAIL_AFTER
      +	}

  - name: unmap
    role: unmap
    match: |
      +	if (dma_use_iova(&STATE)) {
      +		dma_iova_destroy(DEV, &STATE, N * SIZE, DIR, ATTRS);
      +	} else {
      	for (J = 0; J < N; J++)
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      +	}

  - name: unmap and more
    role: unmap
    match: |
      +	if (dma_use_iova(&STATE))
      +		dma_iova_destroy(DEV, &STATE, N * SIZE, DIR, ATTRS);
      	for (J = 0; J < N; J++) {
      		...
      +		if (!dma_use_iova(&STATE))
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      		...
      	}

"""##,
  ]
}
