// SPDX-License-Identifier: GPL-2.0-only
// swift-format-ignore-file

/// The texts of rules/, by path; `UPDATE_GOLDENS=1 swift test --filter RuleCaseTests` writes this
/// file anew.
enum BundledRules {
  static let files: [String: String] = [
    "convert-page-array/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: convert-page-array
title: arrays of whole pages
class: page-array-loop
verdict: convert
when:
  - an array is mapped
  - unmapped in a loop
  - not unmapped one by one
  - not synced one by one
  - not mapped again by an IOMMU of its own
  - not on the stack
  - whole pages
sentence: >-
  a loop maps whole pages of one buffer and another unmaps them; one IOVA range with one sync
  does the same
documentation: |
  This is what the two-step API is for; twostep suggest proposes it with the rule
  page-array-loop, or says what stands against it.

"""##,
    "convert-page-array/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct goldeneye_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int goldeneye_map(struct goldeneye_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want convert-page-array
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void goldeneye_unmap(struct goldeneye_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "keep-mapped-again/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-mapped-again
title: addresses that another IOMMU translates to
class: single
verdict: keep
when:
  - an array is mapped
  - unmapped in a loop
  - not unmapped one by one
  - not synced one by one
  - mapped again by an IOMMU of its own
sentence: >-
  the addresses are what iommu_map() is told to translate to, so that the DMA API itself
  translates nothing here
documentation: |
  A driver that runs an IOMMU domain of its own uses the DMA API for cache maintenance only; no
  IOVA is allocated by it.

"""##,
    "keep-mapped-again/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct brent_buffer {
	struct device *dev;
	struct iommu_domain *domain;
	struct page *pages[16];
	dma_addr_t addrs[16];
};

int brent_map(struct brent_buffer *buffer)
{
	int i, error = 0;

	for (i = 0; i < 16; i++) {
		buffer->addrs[i] = dma_map_page(buffer->dev, buffer->pages[i], 0, PAGE_SIZE, // want keep-mapped-again
						DMA_BIDIRECTIONAL);
		if (dma_mapping_error(buffer->dev, buffer->addrs[i]))
			return -EIO;
	}
	for (i = 0; !error && i < 16; i++)
		error = iommu_map(buffer->domain, i * PAGE_SIZE, buffer->addrs[i], PAGE_SIZE, 3,
				  GFP_KERNEL);
	return error;
}

void brent_unmap(struct brent_buffer *buffer)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(buffer->dev, buffer->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
}

"""##,
    "keep-on-the-stack/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-on-the-stack
title: arrays that live as long as one function
class: single
verdict: keep
when:
  - an array is mapped
  - unmapped in a loop
  - not unmapped one by one
  - not synced one by one
  - not mapped again by an IOMMU of its own
  - on the stack
sentence: >-
  the addresses live on the stack of one function, which maps, waits and unmaps a handful of
  pages
documentation: |
  Such arrays are short, mostly of tests of a device that run once; a second way through the
  function costs more than it saves.

"""##,
    "keep-on-the-stack/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int bufflehead_test(struct device *dev, struct page **pages)
{
	dma_addr_t addrs[4];
	int i;

	for (i = 0; i < 4; i++) {
		addrs[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-on-the-stack
		if (dma_mapping_error(dev, addrs[i]))
			goto unmap;
	}
unmap:
	while (i--)
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return 0;
}

"""##,
    "keep-one-at-a-time/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-one-at-a-time
title: one buffer, again and again
class: single
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - in a loop
  - not a packet
  - not allocated in the loop
  - not round a ring
  - not kept in an array
  - not another buffer each time
sentence: >-
  the loop maps one buffer at a time, each for its own transfer
documentation: |
  The loop around the call is one of transfers or of retries, not of pages.

"""##,
    "keep-one-at-a-time/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int garganey_test(struct device *dev, void *buffer, size_t size, int rounds)
{
	while (rounds--) {
		dma_addr_t addr = dma_map_single(dev, buffer, size, DMA_TO_DEVICE); // want keep-one-at-a-time

		if (dma_mapping_error(dev, addr))
			return -EIO;
		dma_unmap_single(dev, addr, size, DMA_TO_DEVICE);
	}
	return 0;
}

"""##,
    "keep-other-memory/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-other-memory
title: mappings of other memory
class: single
verdict: keep
when:
  - not a scatterlist
  - not a buffer
  - not found by hmm_range_fault
  - not unparsed
sentence: >-
  is not a mapping of pages, a buffer or a scatterlist
documentation: |
  The call maps something that the IOVA-based API does not link, or is part of that API already.

"""##,
    "keep-other-memory/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int dunlin_link(struct device *dev, struct dma_iova_state *state, struct page *page)
{
	return dma_iova_link(dev, state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

int dunlin_map(struct device *dev, void *buffer, dma_addr_t *addr)
{
	*addr = dma_map_single(dev, buffer, PAGE_SIZE, DMA_TO_DEVICE); // want keep-single-buffer
	return dma_mapping_error(dev, *addr);
}

"""##,
    "keep-packet-pieces/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-packet-pieces
title: the pieces of a packet
class: single
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - in a loop
  - a packet
sentence: >-
  maps the pieces of one packet, each for its own descriptor
documentation: |
  The pieces have any offset and length, live as long as one descriptor each, and are few.

"""##,
    "keep-packet-pieces/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int pochard_send(struct device *dev, struct sk_buff **skbs, dma_addr_t *slots, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		slots[i] = dma_map_single(dev, skbs[i]->data, skbs[i]->len, DMA_TO_DEVICE); // want keep-packet-pieces
		if (dma_mapping_error(dev, slots[i]))
			return -EIO;
	}
	return 0;
}

"""##,
    "keep-page-of-ring/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-page-of-ring
title: fresh pages that are mapped one at a time
class: ring-refill
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - not in a loop
  - a page allocated here
sentence: >-
  each buffer comes from {allocator} and is unmapped on its own; nothing to batch
documentation: |
  A function that allocates one page and maps it serves one slot of a ring or of a table. Each
  is given back on its own.

"""##,
    "keep-page-of-ring/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct page *smew_refill(struct device *dev, dma_addr_t *slot)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return NULL;
	*slot = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE); // want keep-page-of-ring
	return dma_mapping_error(dev, *slot) ? NULL : page;
}

"""##,
    "keep-ring-refill/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-ring-refill
title: fresh buffers that come and go one by one
class: ring-refill
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - in a loop
  - not a packet
  - allocated in the loop
  - comes and goes alone
sentence: >-
  each buffer comes from {allocator} and is unmapped on its own; nothing to batch
documentation: |
  A loop fills the empty slots of a ring. What it maps together is not unmapped together.

"""##,
    "keep-ring-refill/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct eider_ring {
	struct device *dev;
	dma_addr_t slots[64];
	unsigned int next;
};

void eider_refill(struct eider_ring *ring, int budget)
{
	unsigned int i = ring->next;

	while (budget--) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			break;
		ring->slots[i] = dma_map_page(ring->dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE); // want keep-ring-refill
		if (++i == 64)
			i = 0;
	}
	ring->next = i;
}

"""##,
    "keep-ring-round/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-ring-round
title: buffers that go round a ring
class: ring-refill
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - in a loop
  - not a packet
  - not allocated in the loop
  - round a ring
sentence: >-
  the loop goes round a ring of buffers that come and go one by one
documentation: |
  The loop starts and ends anywhere in a ring: there is no one range to allocate.

"""##,
    "keep-ring-round/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct wigeon_ring {
	struct device *dev;
	struct page *pages[64];
	dma_addr_t slots[64];
	unsigned int next;
};

void wigeon_post(struct wigeon_ring *ring, int budget)
{
	unsigned int i = ring->next;

	while (budget--) {
		ring->slots[i] = dma_map_page(ring->dev, ring->pages[i], 0, PAGE_SIZE, // want keep-ring-round
					      DMA_FROM_DEVICE);
		i = (i + 1) & 63;
	}
	ring->next = i;
}

"""##,
    "keep-same-buffer-in-array/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-same-buffer-in-array
title: one buffer for many slots
class: single
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - in a loop
  - not a packet
  - not allocated in the loop
  - not round a ring
  - kept in an array
  - not another buffer each time
sentence: >-
  the loop maps one buffer at a time, each for its own transfer
documentation: |
  Every slot gets the address of the same memory, so that there is nothing to link.

"""##,
    "keep-same-buffer-in-array/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int pintail_fill(struct device *dev, struct page *zeroes, dma_addr_t *slots, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		slots[i] = dma_map_page(dev, zeroes, 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-same-buffer-in-array
		if (dma_mapping_error(dev, slots[i]))
			return -EIO;
	}
	return 0;
}

"""##,
    "keep-scatterlist-passed-in/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-scatterlist-passed-in
title: scatterlists of a subsystem
class: sg-generic
verdict: keep
when:
  - a scatterlist
  - not built from pages
  - not walked afterwards
sentence: >-
  the scatterlist belongs to the subsystem that passes it in; convert it there
documentation: |
  The list was made by other code, which also decides what becomes of it. A driver that gets a
  list cannot turn it into links; the subsystem that makes it can.

"""##,
    "keep-scatterlist-passed-in/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int snipe_start(struct device *dev, struct scatterlist *sgl, int nents)
{
	return dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE) ? 0 : -EIO; // want keep-scatterlist-passed-in
}

int snipe_start_pages(struct device *dev, struct sg_table *table, struct page **pages, int n)
{
	int error = sg_alloc_table_from_pages(table, pages, n, 0, n * PAGE_SIZE, GFP_KERNEL);

	return error ? error : dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want manual-table-read-elsewhere
}

"""##,
    "keep-scatterlist-walked/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-scatterlist-walked
title: scatterlists that become descriptors
class: sgtable-walk
verdict: keep
when:
  - a scatterlist
  - not built from pages
  - walked afterwards
sentence: >-
  the list comes from elsewhere and {walker} turns it into descriptors; convert where the list
  is made
documentation: |
  The driver maps a list that it was given and writes its segments into descriptors. Merged
  segments are what makes this cheap; links would have to keep to the merge boundary of the
  device, segment by segment.

"""##,
    "keep-scatterlist-walked/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int knot_start(struct device *dev, struct scatterlist *sgl, int nents, u64 *descriptor)
{
	struct scatterlist *sg;
	int i, n = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE); // want keep-scatterlist-walked

	for (i = 0, sg = sgl; i < n; i++, sg = sg_next(sg))
		descriptor[i] = sg_dma_address(sg);
	return n;
}

"""##,
    "keep-single-buffer/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-single-buffer
title: one buffer
class: single
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - not in a loop
  - not a page allocated here
  - not a packet
sentence: >-
  maps one independent buffer: nothing to batch
documentation: |
  One call maps one buffer: the streaming API does it in one step, and a second step would buy
  nothing.

"""##,
    "keep-single-buffer/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int gadwall_load(struct device *dev, void *firmware, size_t size, dma_addr_t *where)
{
	*where = dma_map_single(dev, firmware, size, DMA_TO_DEVICE); // want keep-single-buffer
	return dma_mapping_error(dev, *where);
}

"""##,
    "keep-single-packet/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-single-packet
title: one packet
class: single
verdict: keep
when:
  - a buffer
  - not found by hmm_range_fault
  - not in a loop
  - not a page allocated here
  - a packet
sentence: >-
  maps one packet's buffer, which is unmapped on its own: nothing to batch
documentation: |
  The head of a packet is mapped when it is sent or handed to the device, and unmapped when that
  is done.

"""##,
    "keep-single-packet/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int scoter_send(struct device *dev, struct sk_buff *skb, dma_addr_t *slot)
{
	*slot = dma_map_single(dev, skb->data, skb->len, DMA_TO_DEVICE); // want keep-single-packet
	return dma_mapping_error(dev, *slot);
}

"""##,
    "keep-synced/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-synced
title: arrays whose entries are synced one by one
class: ring-refill
verdict: keep
when:
  - an array is mapped
  - unmapped in a loop
  - not unmapped one by one
  - synced one by one
sentence: >-
  the buffers are synced while they are mapped, which the IOVA-based API has no calls for
documentation: |
  dma_sync_single_for_cpu() and its like take addresses of the streaming API. The two-step API
  has no counterpart for memory that stays linked.

"""##,
    "keep-synced/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct goosander_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int goosander_map(struct goosander_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-synced
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void goosander_unmap(struct goosander_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void goosander_look(struct goosander_group *group, int i)
{
	dma_sync_single_for_cpu(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

"""##,
    "keep-unmapped-one-by-one/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: keep-unmapped-one-by-one
title: arrays whose entries are unmapped one by one
class: ring-refill
verdict: keep
when:
  - an array is mapped
  - unmapped in a loop
  - unmapped one by one
sentence: >-
  the array's buffers are also unmapped one by one; they are no single range
documentation: |
  A part of one IOVA range can be unlinked, but its space is given back only with the whole.

"""##,
    "keep-unmapped-one-by-one/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct merganser_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int merganser_map(struct merganser_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-unmapped-one-by-one
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void merganser_unmap(struct merganser_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

void merganser_drop(struct merganser_group *group, int i)
{
	dma_unmap_page(group->dev, group->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

/* A local array becomes a field, and single entries of that are unmapped. */
struct hooded_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int hooded_attach(struct hooded_buffer *buffer)
{
	dma_addr_t *addrs = kcalloc(buffer->npages, sizeof(*addrs), GFP_KERNEL);
	int i;

	if (!addrs)
		return -ENOMEM;
	for (i = 0; i < buffer->npages; i++) {
		addrs[i] = dma_map_page(buffer->dev, buffer->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want keep-unmapped-one-by-one
		if (dma_mapping_error(buffer->dev, addrs[i])) {
			while (i--)
				dma_unmap_page(buffer->dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
			kfree(addrs);
			return -EIO;
		}
	}
	buffer->addrs = addrs;
	return 0;
}

void hooded_detach_one(struct hooded_buffer *buffer, int i)
{
	dma_unmap_page(buffer->dev, buffer->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}

/* A ring that is filled as a whole and emptied from anywhere. */
struct smew_ring {
	struct device *dev;
	struct page *pages[64];
	dma_addr_t addrs[64];
	int read;
};

int smew_fill(struct smew_ring *ring)
{
	int i;

	for (i = 0; i < 64; i++) {
		ring->addrs[i] = dma_map_page(ring->dev, ring->pages[i], 0, PAGE_SIZE, DMA_FROM_DEVICE); // want keep-unmapped-one-by-one
		if (dma_mapping_error(ring->dev, ring->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
	return -EIO;
}

void smew_receive(struct smew_ring *ring, int budget)
{
	int i = ring->read;

	while (budget--) {
		dma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
		if (++i == 64)
			i = 0;
	}
	ring->read = i;
}

"""##,
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
struct scatterlist *sg_next(struct scatterlist *sg);
#define sg_dma_address(sg)	((sg)->dma_address)
struct page *hmm_pfn_to_page(unsigned long pfn);
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
void dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped_len,
		      enum dma_data_direction dir, unsigned long attrs);

#endif

"""##,
    "manual-addresses-elsewhere/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-addresses-elsewhere
title: buffers whose addresses are kept in no array
class: page-array-loop
verdict: manual
when:
  - a buffer
  - not found by hmm_range_fault
  - in a loop
  - not a packet
  - not allocated in the loop
  - not round a ring
  - not kept in an array
  - another buffer each time
sentence: >-
  the loop maps many buffers but keeps their addresses in no array of its own
documentation: |
  The addresses go straight into descriptors, page tables or lists. Where they come from when
  they are unmapped is for a reader to find out.

"""##,
    "manual-addresses-elsewhere/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct shelduck_entry {
	struct shelduck_entry *next;
	dma_addr_t addr;
};

int shelduck_map(struct device *dev, struct page **pages, struct shelduck_entry *entry, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		dma_addr_t addr = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want manual-addresses-elsewhere

		if (dma_mapping_error(dev, addr))
			return -EIO;
		(void)entry;
	}
	return 0;
}

"""##,
    "manual-hmm-pages/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-hmm-pages
title: pages that hmm_range_fault() found
class: hmm-mirror
verdict: manual
when:
  - found by hmm_range_fault
sentence: >-
  maps pages that hmm_range_fault() found one by one; hmm_dma_map_pfn() does it where all of
  them are system memory
documentation: |
  A table of pfns and a table of addresses stand side by side; struct hmm_dma_map holds both,
  and hmm_dma_map_pfn() links a page when it is faulted. Device-private pages and holes are for
  a reader to look at.

"""##,
    "manual-hmm-pages/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int ruddy_map(struct device *dev, unsigned long *pfns, dma_addr_t *addrs, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		struct page *page = hmm_pfn_to_page(pfns[i]);

		addrs[i] = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE); // want manual-hmm-pages
		if (dma_mapping_error(dev, addrs[i]))
			return -EIO;
	}
	return 0;
}

"""##,
    "manual-kernel-buffers/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-kernel-buffers
title: arrays of kernel buffers
class: single-array-loop
verdict: manual
when:
  - an array is mapped
  - unmapped in a loop
  - not unmapped one by one
  - not synced one by one
  - not mapped again by an IOMMU of its own
  - not on the stack
  - not pages
  - not whole pages
sentence: >-
  a loop maps an array of kernel buffers; links need each but the first and last to be a
  multiple of the IOMMU's granule
documentation: |
  Buffers of kmalloc() start anywhere and end anywhere. They can be linked only where sizes and
  places are multiples of what the IOMMU maps.

"""##,
    "manual-kernel-buffers/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct smew_group {
	struct device *dev;
	void *buffers[16];
	dma_addr_t addrs[16];
	size_t size;
};

int smew_map(struct smew_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_single(group->dev, group->buffers[i], 512, DMA_TO_DEVICE); // want manual-kernel-buffers
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void smew_unmap(struct smew_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], 512, DMA_TO_DEVICE);
}

"""##,
    "manual-no-unmap-loop/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-no-unmap-loop
title: arrays that no loop unmaps
class: page-array-loop
verdict: manual
when:
  - an array is mapped
  - not unmapped in a loop
sentence: >-
  a loop maps an array of buffers, but no loop that unmaps it was found
documentation: |
  What is mapped as one array is unmapped in another file, by a helper, or never.

"""##,
    "manual-no-unmap-loop/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct teal_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int teal_map(struct teal_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want manual-no-unmap-loop
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

"""##,
    "manual-not-parsed/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-not-parsed
title: calls that no parse reached
class: unknown
verdict: manual
when:
  - unparsed
sentence: >-
  no parse reached this call
documentation: |
  The lexer found the name of a mapping function, and no configuration that was tried shows the
  compiler the call. Nothing is claimed about it.

"""##,
    "manual-not-parsed/sites.c": ##"""
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

"""##,
    "manual-odd-sizes/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-odd-sizes
title: arrays of parts of pages
class: page-array-loop
verdict: manual
when:
  - an array is mapped
  - unmapped in a loop
  - not unmapped one by one
  - not synced one by one
  - not mapped again by an IOMMU of its own
  - not on the stack
  - pages
  - not whole pages
sentence: >-
  a loop maps an array of pages with sizes that may end inside a granule
documentation: |
  Only the first link may start, and only the last may end, inside what the IOMMU maps as one.

"""##,
    "manual-odd-sizes/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct scaup_group {
	struct device *dev;
	struct page *pages[16];
	dma_addr_t addrs[16];
	size_t size;
};

int scaup_map(struct scaup_group *group)
{
	int i;

	for (i = 0; i < 16; i++) {
		group->addrs[i] = dma_map_page(group->dev, group->pages[i], 0, group->size, DMA_TO_DEVICE); // want manual-odd-sizes
		if (dma_mapping_error(group->dev, group->addrs[i]))
			return -EIO;
	}
	return 0;
}

void scaup_unmap(struct scaup_group *group)
{
	int i;

	for (i = 0; i < 16; i++)
		dma_unmap_page(group->dev, group->addrs[i], group->size, DMA_TO_DEVICE);
}

"""##,
    "manual-table-of-pages/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-table-of-pages
title: tables built from pages only to be mapped
class: sgtable-from-pages
verdict: manual
when:
  - a scatterlist
  - built from pages
  - walked afterwards
sentence: >-
  {builder} builds the table from pages only to map it, and {walker} reads the addresses back;
  links would replace both
documentation: |
  A scatterlist is built, mapped, and read back in one place: the pages could be linked into one
  IOVA range and the table not be built at all.

"""##,
    "manual-table-of-pages/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int stilt_start(struct device *dev, struct sg_table *table, struct page **pages, int count,
		u64 *descriptor)
{
	struct scatterlist *sg;
	int i, error;

	error = sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE, GFP_KERNEL);
	if (error)
		return error;
	error = dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want manual-table-of-pages
	if (error)
		return error;
	for (i = 0, sg = table->sgl; sg; i++, sg = sg_next(sg))
		descriptor[i] = sg_dma_address(sg);
	return 0;
}

"""##,
    "manual-table-read-elsewhere/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: manual-table-read-elsewhere
title: tables built from pages whose readers are elsewhere
class: sgtable-from-pages
verdict: manual
when:
  - a scatterlist
  - built from pages
  - not walked afterwards
sentence: >-
  {builder} builds the table from pages; its readers are outside this file
documentation: |
  The table is built from pages here, and somebody else reads the addresses. Whether links can
  replace it is for a reader of both to say.

"""##,
    "manual-table-read-elsewhere/sites.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int avocet_map(struct device *dev, struct sg_table *table, struct page **pages, int count)
{
	int error = sg_alloc_table_from_pages(table, pages, count, 0, count * PAGE_SIZE,
					      GFP_KERNEL);

	if (error)
		return error;
	return dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0); // want manual-table-read-elsewhere
}

int avocet_map_given(struct device *dev, struct sg_table *given)
{
	return dma_map_sgtable(dev, given, DMA_TO_DEVICE, 0); // want keep-scatterlist-passed-in
}

"""##,
    "need-unmap/after.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct tattler_ring {
	struct device *dev;
	dma_addr_t *addrs;
	int count;
	size_t size;
};

void tattler_free(struct tattler_ring *ring)
{
	int i;

	/* the buffers themselves belong to the pool */
	if (dma_need_unmap(ring->dev)) {
		for (i = 0; i < ring->count; i++)
			dma_unmap_single(ring->dev, ring->addrs[i], ring->size,
					 DMA_TO_DEVICE);
	}
	kfree(ring->addrs);
}

"""##,
    "need-unmap/before.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct tattler_ring {
	struct device *dev;
	dma_addr_t *addrs;
	int count;
	size_t size;
};

void tattler_free(struct tattler_ring *ring)
{
	int i;

	/* the buffers themselves belong to the pool */
	for (i = 0; i < ring->count; i++)
		dma_unmap_single(ring->dev, ring->addrs[i], ring->size,
				 DMA_TO_DEVICE);
	kfree(ring->addrs);
}

"""##,
    "need-unmap/keep-asked-already.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: dma_need_unmap() is asked already
#include "../kernel.h"

void ruddyduck_free(struct device *dev, dma_addr_t *addrs, int count)
{
	int i;

	if (dma_need_unmap(dev)) {
		for (i = 0; i < count; i++)
			dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	}
}

"""##,
    "need-unmap/keep-more-than-unmapped.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* The loop gives the pages back as well, so that it has to run. */
void surfbird_free(struct device *dev, dma_addr_t *addrs, struct page **pages, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(pages[i]);
	}
}

"""##,
    "need-unmap/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: need-unmap
title: skip unmap loops where unmapping does nothing
confidence: MaybeIncorrect
requires:
  - dma_need_unmap
yields: [page-array-loop]
untested: [dma_need_unmap, dma_use_iova]

documentation: |
  A loop walks an array of addresses only to unmap each. Without an IOMMU, on a coherent device and
  with nothing bounced, every call returns at once: dma_need_unmap() says so for all of them, when
  it is asked after everything is mapped.

  Nobody is emitted a patch of this by default: whether the walk costs anything is for the driver's
  author to say, and an array that is then read by nobody should go as well.

message: |
  The loop reads the address of each page to unmap it, also where that does nothing. Ask once.

metavariables:
  ADDRESSES: storage
  J: index in any order
  N: invariant
  DEV: invariant
  SIZE: invariant
  DIR: invariant
  ATTRS: constant
  UNMAP: dma_unmap_page_attrs() or dma_unmap_single_attrs()

patterns:
  - name: unmap loop
    role: edit
    match: |
      +	if (dma_need_unmap(DEV)) {
      	for (J = 0; J < N; J++)
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      +	}

"""##,
    "p2p-state/after.c": ##"""
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
			map = pci_p2pdma_state(&state, dev, sg_page(sg));
			if (map == PCI_P2PDMA_MAP_BUS_ADDR) {
				sg->dma_address =
					pci_p2pdma_bus_addr_map(&state,
								sg_phys(sg));
				sg_dma_len(sg) = sg->length;
				sg_dma_mark_bus_address(sg);
			}
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

"""##,
    "p2p-state/before.c": ##"""
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

"""##,
    "p2p-state/keep-result-returned.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

/* There is no variable that the answer could be tested in. */
enum pci_p2pdma_map_type whimbrel_kind(struct pci_p2pdma_map_state *state, struct device *dev,
				       struct scatterlist *sg)
{
	return pci_p2pdma_map_segment(state, dev, sg);
}

"""##,
    "p2p-state/rule.yaml": ##"""
# SPDX-License-Identifier: GPL-2.0-only
id: p2p-state
title: ask pci_p2pdma_state() for a page instead of mapping a segment
confidence: MaybeIncorrect
requires:
  - pci_p2pdma_state
  - pci_p2pdma_bus_addr_map

documentation: |
  pci_p2pdma_map_segment() decides how peer-to-peer memory is reached and, where that is the bus,
  writes the bus address into the scatterlist. pci_p2pdma_state() only decides, for a page, so that
  code without a scatterlist can ask it, and pci_p2pdma_bus_addr_map() gives the address.

  The three assignments are those that the old function made. It was asked for peer-to-peer pages
  only; the new one may be asked for any page, so that the test around it can go by hand, with
  PCI_P2PDMA_MAP_NONE among the cases of the switch.

message: |
  pci_p2pdma_map_segment() wants a scatterlist and hides what it writes into it. Ask for the state
  of the page and write the bus address where it is used.

metavariables:
  MAP: variable
  STATE: expression
  DEV: expression
  SG: expression

patterns:
  - name: map a segment
    role: edit
    match: |
      -	MAP = pci_p2pdma_map_segment(STATE, DEV, SG);
      +	MAP = pci_p2pdma_state(STATE, DEV, sg_page(SG));
      +	if (MAP == PCI_P2PDMA_MAP_BUS_ADDR) {
      +		SG->dma_address = pci_p2pdma_bus_addr_map(STATE, sg_phys(SG));
      +		sg_dma_len(SG) = SG->length;
      +		sg_dma_mark_bus_address(SG);
      +	}

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

	if (buf->npages &&
	    dma_iova_try_alloc(buf->dev, &buf->state, 0,
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
		memset(&buf->state, 0, sizeof(buf->state));
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
		memset(&buf->state, 0, sizeof(buf->state));
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

/* A list of addresses that ends at the first 0, mapped and unmapped by helpers. */
struct rail_request {
	struct page **pages;
	dma_addr_t *list;
	struct dma_iova_state state;
	int npages;
};

/**
 * rail_unmap_list() - Undo rail_map_list()
 * @dev: device
 * @list: addresses
 * @state: IOVA state of the mapping in @list
 * @npages: number of addresses at most
 */
static void rail_unmap_list(struct device *dev, dma_addr_t *list,
			    struct dma_iova_state *state, int npages)
{
	int i;

	for (i = 0; (i < npages) && (list[i] != 0x0); i++) {
		if (!dma_use_iova(state))
			dma_unmap_page(dev, list[i], PAGE_SIZE,
				       DMA_BIDIRECTIONAL);
		list[i] = 0x0;
	}
	if (dma_use_iova(state)) {
		dma_iova_destroy(dev, state, i * PAGE_SIZE, DMA_BIDIRECTIONAL,
				 0);
		memset(state, 0, sizeof(*state));
	}
}

static int rail_map_list(struct device *dev, struct page **pages, int npages,
			 dma_addr_t *list, struct dma_iova_state *state)
{
	int i;

	if (npages)
		dma_iova_try_alloc(dev, state, 0, npages * PAGE_SIZE);
	for (i = 0; i < npages; i++) {
		dma_addr_t addr;

		list[i] = 0x0;
		if (!dma_use_iova(state))
			addr = dma_map_page(dev, pages[i], 0, PAGE_SIZE,
					    DMA_BIDIRECTIONAL);
		else if (dma_iova_link(dev, state, page_to_phys(pages[i]),
				       i * PAGE_SIZE, PAGE_SIZE,
				       DMA_BIDIRECTIONAL, 0))
			addr = DMA_MAPPING_ERROR;
		else
			addr = state->addr + i * PAGE_SIZE;

		if (dma_mapping_error(dev, addr)) {
			printk("no address: %llx\n", addr);
			goto err;
		}
		list[i] = addr;
	}
	if (dma_use_iova(state) &&
	    dma_iova_sync(dev, state, 0, npages * PAGE_SIZE))
		goto err;
	return 0;

err:
	rail_unmap_list(dev, list, state, npages);
	return -EIO;
}

int rail_prepare(struct device *dev, struct rail_request *request)
{
	request->list = kcalloc(request->npages, sizeof(*request->list),
				GFP_KERNEL);
	if (!request->list)
		return -ENOMEM;

	if (rail_map_list(dev, request->pages, request->npages, request->list,
			  &request->state)) {
		kfree(request->list);
		return -EIO;
	}
	return 0;
}

void rail_finish(struct device *dev, struct rail_request *request)
{
	if (!request->list)
		return;

	rail_unmap_list(dev, request->list, &request->state, request->npages);
	kfree(request->list);
	request->list = NULL;
}

/* Chunks of several pages, each with its address in a struct of its own. */
#define HERON_CHUNKS		8
#define HERON_CHUNK_SIZE	(PAGE_SIZE << 2)

struct heron_chunk {
	void *text;
	dma_addr_t addr;
};

struct heron_engine {
	struct device *dev;
	struct heron_chunk *chunks;
	struct dma_iova_state chunks_state;
};

int heron_alloc(struct heron_engine *engine)
{
	struct heron_chunk *chunks;
	int i;

	chunks = kcalloc(HERON_CHUNKS, sizeof(*chunks), GFP_KERNEL);
	if (!chunks)
		return -ENOMEM;

	dma_iova_try_alloc(engine->dev, &engine->chunks_state, 0,
			   HERON_CHUNKS * HERON_CHUNK_SIZE);
	for (i = 0; i < HERON_CHUNKS; i++) {
		void *text;

		text = (void *)__get_free_pages(GFP_KERNEL, 2);
		if (!text)
			goto error;

		chunks[i].text = text;
		if (dma_use_iova(&engine->chunks_state)) {
			if (dma_iova_link(engine->dev, &engine->chunks_state,
					  virt_to_phys(text),
					  i * HERON_CHUNK_SIZE,
					  HERON_CHUNK_SIZE, DMA_TO_DEVICE, 0))
				goto error;
			chunks[i].addr =
				engine->chunks_state.addr + i * HERON_CHUNK_SIZE;
		} else {
			chunks[i].addr = dma_map_single(engine->dev, text,
							HERON_CHUNK_SIZE,
							DMA_TO_DEVICE);
			if (dma_mapping_error(engine->dev, chunks[i].addr))
				goto error;
		}
	}
	if (dma_use_iova(&engine->chunks_state) &&
	    dma_iova_sync(engine->dev, &engine->chunks_state, 0,
			  HERON_CHUNKS * HERON_CHUNK_SIZE))
		goto error;
	engine->chunks = chunks;

	return 0;

error:
	if (dma_use_iova(&engine->chunks_state)) {
		dma_iova_destroy(engine->dev, &engine->chunks_state,
				 i * HERON_CHUNK_SIZE, DMA_TO_DEVICE, 0);
	} else {
		for (i--; i >= 0; i--)
			dma_unmap_single(engine->dev, chunks[i].addr,
					 HERON_CHUNK_SIZE, DMA_TO_DEVICE);
	}
	return -ENOMEM;
}

void heron_free(struct heron_engine *engine)
{
	struct heron_chunk *chunks = engine->chunks;
	int i;

	if (!chunks)
		return;

	if (dma_use_iova(&engine->chunks_state))
		dma_iova_destroy(engine->dev, &engine->chunks_state,
				 HERON_CHUNKS * HERON_CHUNK_SIZE, DMA_TO_DEVICE,
				 0);
	for (i = 0; i < HERON_CHUNKS; i++) {
		if (!dma_use_iova(&engine->chunks_state))
			dma_unmap_single(engine->dev, chunks[i].addr,
					 HERON_CHUNK_SIZE, DMA_TO_DEVICE);
		free_pages((unsigned long)chunks[i].text, 2);
	}
}

/* Pages of an InfiniBand device, some of which have no DMA of their own. */
struct ruff_region {
	struct ib_device *ibdev;
	struct page **pages;
	u64 *addrs;
	struct dma_iova_state state;
	unsigned int npages;
};

int ruff_map(struct ruff_region *region)
{
	unsigned int n;

	if (region->npages && !ib_uses_virt_dma(region->ibdev))
		dma_iova_try_alloc(region->ibdev->dma_device, &region->state, 0,
				   region->npages * PAGE_SIZE);
	for (n = 0; n < region->npages; n++) {
		if (dma_use_iova(&region->state)) {
			if (dma_iova_link(region->ibdev->dma_device,
					  &region->state,
					  page_to_phys(region->pages[n]),
					  n * PAGE_SIZE, PAGE_SIZE,
					  DMA_BIDIRECTIONAL, 0))
				goto unmap;
			region->addrs[n] = region->state.addr + n * PAGE_SIZE;
		} else {
			region->addrs[n] = ib_dma_map_page(region->ibdev,
							   region->pages[n], 0,
							   PAGE_SIZE,
							   DMA_BIDIRECTIONAL);
			if (ib_dma_mapping_error(region->ibdev, region->addrs[n]))
				goto unmap;
		}
	}
	if (dma_use_iova(&region->state) &&
	    dma_iova_sync(region->ibdev->dma_device, &region->state, 0,
			  region->npages * PAGE_SIZE))
		goto unmap;
	return 0;

unmap:
	if (dma_use_iova(&region->state))
		dma_iova_destroy(region->ibdev->dma_device, &region->state,
				 n * PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
	while (n--)
		if (!dma_use_iova(&region->state))
			ib_dma_unmap_page(region->ibdev, region->addrs[n],
					  PAGE_SIZE, DMA_BIDIRECTIONAL);
	memset(&region->state, 0, sizeof(region->state));
	return -ENOMEM;
}

void ruff_unmap(struct ruff_region *region)
{
	unsigned int n;

	if (dma_use_iova(&region->state))
		dma_iova_destroy(region->ibdev->dma_device, &region->state,
				 region->npages * PAGE_SIZE, DMA_BIDIRECTIONAL,
				 0);
	for (n = 0; n < region->npages; n++)
		if (!dma_use_iova(&region->state))
			ib_dma_unmap_page(region->ibdev, region->addrs[n],
					  PAGE_SIZE, DMA_BIDIRECTIONAL);
	memset(&region->state, 0, sizeof(region->state));
}

/* Loops that count in their bodies. */
struct pipit_window {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
	unsigned long npages;
};

int pipit_open(struct pipit_window *win)
{
	unsigned long i = 0, j;

	if (win->npages &&
	    dma_iova_try_alloc(win->dev, &win->state, 0,
			       win->npages * PAGE_SIZE)) {
		for (i = 0; i < win->npages; i++) {
			if (dma_iova_link(win->dev, &win->state,
					  page_to_phys(win->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE,
					  DMA_TO_DEVICE, 0))
				goto unmap;
			win->addrs[i] = win->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(win->dev, &win->state, 0,
				  win->npages * PAGE_SIZE))
			goto unmap;
	} else {
		while (i < win->npages) {
			win->addrs[i] = dma_map_page(win->dev, win->pages[i], 0,
						     PAGE_SIZE, DMA_TO_DEVICE);
			if (dma_mapping_error(win->dev, win->addrs[i]))
				goto unmap;
			i++;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(&win->state)) {
		dma_iova_destroy(win->dev, &win->state, i * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
		memset(&win->state, 0, sizeof(win->state));
	} else {
		for (j = 0; j < i;) {
			dma_unmap_page(win->dev, win->addrs[j], PAGE_SIZE,
				       DMA_TO_DEVICE);
			j += 1;
		}
	}
	return -EIO;
}

void pipit_close(struct pipit_window *win)
{
	unsigned long page;

	page = 0;
	kfree(win->pages);
	if (dma_use_iova(&win->state)) {
		dma_iova_destroy(win->dev, &win->state, win->npages * PAGE_SIZE,
				 DMA_TO_DEVICE, 0);
		memset(&win->state, 0, sizeof(win->state));
	} else {
		while (page < win->npages) {
			dma_unmap_page(win->dev, win->addrs[page], PAGE_SIZE,
				       DMA_TO_DEVICE);
			++page;
		}
	}
}

/* A direction that the buffer's user has chosen. */
struct siskin_buffer {
	struct device *dev;
	enum dma_data_direction dir;
	struct page **pages;
	dma_addr_t *addrs;
	struct dma_iova_state state;
	int npages;
};

int siskin_map(struct siskin_buffer *buf, enum dma_data_direction dir)
{
	int i;

	buf->dir = dir;
	if (buf->npages &&
	    dma_iova_try_alloc(buf->dev, &buf->state, 0,
			       buf->npages * PAGE_SIZE)) {
		for (i = 0; i < buf->npages; i++) {
			if (dma_iova_link(buf->dev, &buf->state,
					  page_to_phys(buf->pages[i]),
					  i * PAGE_SIZE, PAGE_SIZE, buf->dir,
					  0))
				goto unmap;
			buf->addrs[i] = buf->state.addr + i * PAGE_SIZE;
		}
		if (dma_iova_sync(buf->dev, &buf->state, 0,
				  buf->npages * PAGE_SIZE))
			goto unmap;
	} else {
		for (i = 0; i < buf->npages; i++) {
			buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
						     PAGE_SIZE, buf->dir);
			if (dma_mapping_error(buf->dev, buf->addrs[i]))
				goto unmap;
		}
	}
	return 0;

unmap:
	if (dma_use_iova(&buf->state)) {
		dma_iova_destroy(buf->dev, &buf->state, i * PAGE_SIZE, buf->dir,
				 0);
		memset(&buf->state, 0, sizeof(buf->state));
	} else {
		while (i--)
			dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE,
				       buf->dir);
	}
	return -EIO;
}

void siskin_unmap(struct siskin_buffer *b)
{
	int i;

	if (dma_use_iova(&b->state)) {
		dma_iova_destroy(b->dev, &b->state, b->npages * PAGE_SIZE,
				 b->dir, 0);
		memset(&b->state, 0, sizeof(b->state));
	} else {
		for (i = 0; i < b->npages; i++)
			dma_unmap_page(b->dev, b->addrs[i], PAGE_SIZE, b->dir);
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

/* A list of addresses that ends at the first 0, mapped and unmapped by helpers. */
struct rail_request {
	struct page **pages;
	dma_addr_t *list;
	int npages;
};

/**
 * rail_unmap_list() - Undo rail_map_list()
 * @dev: device
 * @list: addresses
 * @npages: number of addresses at most
 */
static void rail_unmap_list(struct device *dev, dma_addr_t *list,
			    int npages)
{
	int i;

	for (i = 0; (i < npages) && (list[i] != 0x0); i++) {
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
		list[i] = 0x0;
	}
}

static int rail_map_list(struct device *dev, struct page **pages, int npages,
			 dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		dma_addr_t addr;

		list[i] = 0x0;
		addr = dma_map_page(dev, pages[i], 0, PAGE_SIZE,
				    DMA_BIDIRECTIONAL);

		if (dma_mapping_error(dev, addr)) {
			printk("no address: %llx\n", addr);
			goto err;
		}
		list[i] = addr;
	}
	return 0;

err:
	rail_unmap_list(dev, list, npages);
	return -EIO;
}

int rail_prepare(struct device *dev, struct rail_request *request)
{
	request->list = kcalloc(request->npages, sizeof(*request->list),
				GFP_KERNEL);
	if (!request->list)
		return -ENOMEM;

	if (rail_map_list(dev, request->pages, request->npages, request->list)) {
		kfree(request->list);
		return -EIO;
	}
	return 0;
}

void rail_finish(struct device *dev, struct rail_request *request)
{
	if (!request->list)
		return;

	rail_unmap_list(dev, request->list, request->npages);
	kfree(request->list);
	request->list = NULL;
}

/* Chunks of several pages, each with its address in a struct of its own. */
#define HERON_CHUNKS		8
#define HERON_CHUNK_SIZE	(PAGE_SIZE << 2)

struct heron_chunk {
	void *text;
	dma_addr_t addr;
};

struct heron_engine {
	struct device *dev;
	struct heron_chunk *chunks;
};

int heron_alloc(struct heron_engine *engine)
{
	struct heron_chunk *chunks;
	int i;

	chunks = kcalloc(HERON_CHUNKS, sizeof(*chunks), GFP_KERNEL);
	if (!chunks)
		return -ENOMEM;

	for (i = 0; i < HERON_CHUNKS; i++) {
		void *text;

		text = (void *)__get_free_pages(GFP_KERNEL, 2);
		if (!text)
			goto error;

		chunks[i].text = text;
		chunks[i].addr = dma_map_single(engine->dev, text,
						HERON_CHUNK_SIZE,
						DMA_TO_DEVICE);
		if (dma_mapping_error(engine->dev, chunks[i].addr))
			goto error;
	}
	engine->chunks = chunks;

	return 0;

error:
	for (i--; i >= 0; i--)
		dma_unmap_single(engine->dev, chunks[i].addr,
				 HERON_CHUNK_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void heron_free(struct heron_engine *engine)
{
	struct heron_chunk *chunks = engine->chunks;
	int i;

	if (!chunks)
		return;

	for (i = 0; i < HERON_CHUNKS; i++) {
		dma_unmap_single(engine->dev, chunks[i].addr,
				 HERON_CHUNK_SIZE, DMA_TO_DEVICE);
		free_pages((unsigned long)chunks[i].text, 2);
	}
}

/* Pages of an InfiniBand device, some of which have no DMA of their own. */
struct ruff_region {
	struct ib_device *ibdev;
	struct page **pages;
	u64 *addrs;
	unsigned int npages;
};

int ruff_map(struct ruff_region *region)
{
	unsigned int n;

	for (n = 0; n < region->npages; n++) {
		region->addrs[n] = ib_dma_map_page(region->ibdev,
						   region->pages[n], 0,
						   PAGE_SIZE,
						   DMA_BIDIRECTIONAL);
		if (ib_dma_mapping_error(region->ibdev, region->addrs[n]))
			goto unmap;
	}
	return 0;

unmap:
	while (n--)
		ib_dma_unmap_page(region->ibdev, region->addrs[n], PAGE_SIZE,
				  DMA_BIDIRECTIONAL);
	return -ENOMEM;
}

void ruff_unmap(struct ruff_region *region)
{
	unsigned int n;

	for (n = 0; n < region->npages; n++)
		ib_dma_unmap_page(region->ibdev, region->addrs[n], PAGE_SIZE,
				  DMA_BIDIRECTIONAL);
}

/* Loops that count in their bodies. */
struct pipit_window {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	unsigned long npages;
};

int pipit_open(struct pipit_window *win)
{
	unsigned long i = 0, j;

	while (i < win->npages) {
		win->addrs[i] = dma_map_page(win->dev, win->pages[i], 0,
					     PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(win->dev, win->addrs[i]))
			goto unmap;
		i++;
	}
	return 0;

unmap:
	for (j = 0; j < i;) {
		dma_unmap_page(win->dev, win->addrs[j], PAGE_SIZE,
			       DMA_TO_DEVICE);
		j += 1;
	}
	return -EIO;
}

void pipit_close(struct pipit_window *win)
{
	unsigned long page;

	page = 0;
	kfree(win->pages);
	while (page < win->npages) {
		dma_unmap_page(win->dev, win->addrs[page], PAGE_SIZE,
			       DMA_TO_DEVICE);
		++page;
	}
}

/* A direction that the buffer's user has chosen. */
struct siskin_buffer {
	struct device *dev;
	enum dma_data_direction dir;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int siskin_map(struct siskin_buffer *buf, enum dma_data_direction dir)
{
	int i;

	buf->dir = dir;
	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0,
					     PAGE_SIZE, buf->dir);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, buf->dir);
	return -EIO;
}

void siskin_unmap(struct siskin_buffer *b)
{
	int i;

	for (i = 0; i < b->npages; i++)
		dma_unmap_page(b->dev, b->addrs[i], PAGE_SIZE, b->dir);
}

"""##,
    "page-array-loop/keep-allocated-in-a-variable.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_unmap_page_attrs() on one of addrs
#include "../kernel.h"

struct stint_object {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_attach(struct stint_object *object)
{
	dma_addr_t *addrs;
	int i;

	addrs = kmalloc_array(object->npages, sizeof(*addrs), GFP_KERNEL);
	if (!addrs)
		return -ENOMEM;
	for (i = 0; i < object->npages; i++) {
		addrs[i] = dma_map_page(object->dev, object->pages[i], 0, PAGE_SIZE,
					DMA_TO_DEVICE);
		if (dma_mapping_error(object->dev, addrs[i])) {
			for (i = i - 1; i >= 0; --i)
				dma_unmap_page(object->dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
			goto free;
		}
	}
	object->addrs = addrs;
	return 0;

free:
	kfree(addrs);
	return -ENOMEM;
}

void stint_evict(struct stint_object *object, int page)
{
	dma_unmap_page(object->dev, object->addrs[page], PAGE_SIZE, DMA_TO_DEVICE);
	object->addrs[page] = 0;
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
    "page-array-loop/keep-array-on-the-stack.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: addrs is kept in no field
#include "../kernel.h"

/* A test that maps, runs and unmaps: nothing outlives the function. */
int dotterel_test(struct device *dev, struct page **pages)
{
	dma_addr_t addrs[4];
	int i, error = 0;

	for (i = 0; i < 4; i++) {
		addrs[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, addrs[i])) {
			error = -EIO;
			goto unmap;
		}
	}

unmap:
	while (--i >= 0)
		dma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return error;
}

"""##,
    "page-array-loop/keep-buffers-of-any-alignment.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: text need not start where a page does
#include "../kernel.h"

/* Buffers of a size that is right, at places that are not. */
struct whimbrel_log {
	struct device *dev;
	void *text[4];
	dma_addr_t addrs[4];
};

int whimbrel_map(struct whimbrel_log *log)
{
	int i;

	for (i = 0; i < 4; i++) {
		void *text = kmalloc(PAGE_SIZE, GFP_KERNEL);

		if (!text)
			goto unmap;
		log->addrs[i] = dma_map_single(log->dev, text, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(log->dev, log->addrs[i])) {
			kfree(text);
			goto unmap;
		}
		log->text[i] = text;
	}
	return 0;

unmap:
	while (i--) {
		dma_unmap_single(log->dev, log->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		kfree(log->text[i]);
	}
	return -ENOMEM;
}

void whimbrel_unmap(struct whimbrel_log *log)
{
	int i;

	for (i = 0; i < 4; i++) {
		dma_unmap_single(log->dev, log->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		kfree(log->text[i]);
	}
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
    "page-array-loop/keep-direction-of-another.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: the mapping and its end do not provably agree on DIR
#include "../kernel.h"

struct stint_queue {
	enum dma_data_direction dir;
	struct page *pages[16];
	dma_addr_t dma[16];
};

struct stint_engine {
	struct device *dev;
	struct stint_queue in;
	struct stint_queue out;
};

int stint_start(struct stint_engine *engine)
{
	int q;

	for (q = 0; q < 16; q++) {
		engine->in.dma[q] = dma_map_page(engine->dev, engine->in.pages[q], 0, PAGE_SIZE,
						 engine->in.dir);
		if (dma_mapping_error(engine->dev, engine->in.dma[q]))
			return -EIO;
	}
	return 0;
}

void stint_stop(struct stint_engine *engine)
{
	for (int q = 0; q < 16; q++)
		dma_unmap_page(engine->dev, engine->in.dma[q], PAGE_SIZE, engine->out.dir);
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
    "page-array-loop/keep-helper-of-other-files.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: curlew_map_list() gets list from callers in other files
#include "../kernel.h"

int curlew_map_list(struct device *dev, struct page **pages, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		list[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, list[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -EIO;
}

static void curlew_unmap_list(struct device *dev, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

struct curlew_job {
	struct page **pages;
	dma_addr_t *list;
	int npages;
};

int curlew_map(struct device *dev, struct curlew_job *job)
{
	return curlew_map_list(dev, job->pages, job->npages, job->list);
}

void curlew_unmap(struct device *dev, struct curlew_job *job)
{
	curlew_unmap_list(dev, job->npages, job->list);
}

"""##,
    "page-array-loop/keep-helper-of-two-arrays.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: is kept in several fields
#include "../kernel.h"

/* One helper maps two arrays: there is no one place for the state. */
struct godwit_job {
	struct page **source;
	dma_addr_t *source_list;
	struct page **target;
	dma_addr_t *target_list;
	int npages;
};

static int godwit_map_list(struct device *dev, struct page **pages, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++) {
		list[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(dev, list[i]))
			goto unmap;
	}
	return 0;

unmap:
	while (i--)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -EIO;
}

static void godwit_unmap_list(struct device *dev, int npages, dma_addr_t *list)
{
	int i;

	for (i = 0; i < npages; i++)
		dma_unmap_page(dev, list[i], PAGE_SIZE, DMA_TO_DEVICE);
}

int godwit_map(struct device *dev, struct godwit_job *job)
{
	int error = godwit_map_list(dev, job->source, job->npages, job->source_list);

	if (error)
		return error;
	error = godwit_map_list(dev, job->target, job->npages, job->target_list);
	if (error)
		godwit_unmap_list(dev, job->npages, job->source_list);
	return error;
}

void godwit_unmap(struct device *dev, struct godwit_job *job)
{
	godwit_unmap_list(dev, job->npages, job->target_list);
	godwit_unmap_list(dev, job->npages, job->source_list);
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
    "page-array-loop/keep-left-with-success.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: leaves the loop in another way
#include "../kernel.h"

/* What is mapped when the pages run out is used as it is, so that nothing would have synced it. */
struct plover_buffer {
	struct device *dev;
	struct page *pages[64];
	dma_addr_t addrs[64];
	int npages;
};

int plover_map(struct plover_buffer *buf)
{
	int i;

	for (i = 0; i < 64; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			goto done;
		buf->addrs[i] = dma_map_page(buf->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i])) {
			__free_page(page);
			goto unmap;
		}
		buf->pages[i] = page;
	}
done:
	buf->npages = i;
	return 0;

unmap:
	while (i--) {
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(buf->pages[i]);
	}
	return -ENOMEM;
}

void plover_unmap(struct plover_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++) {
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(buf->pages[i]);
	}
}

"""##,
    "page-array-loop/keep-mapped-again.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: maps addrs once more, with iommu_map()
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct iommu_domain *domain;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_map(struct stint_buffer *buf, unsigned long iova)
{
	int i;
	int ret = -ENOMEM;

	for (i = 0; i < buf->npages; i++) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			goto unmap;
	}
	while (i--) {
		ret = iommu_map(buf->domain, iova + i * PAGE_SIZE, buf->addrs[i], PAGE_SIZE, 0,
				GFP_KERNEL);
		if (ret) {
			i = buf->npages;
			goto unmap;
		}
	}
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return ret;
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
// refused: maps 512, not whole units of PAGE_SIZE
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
    "page-array-loop/keep-starts-elsewhere.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct stint_buffer {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

/* Not from 0, and again from where it had stopped. */
int stint_map(struct stint_buffer *buf, int first, int tries)
{
	int i = 0;

	i += first;
	while (i < buf->npages) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i]))
			return -EIO;
		i++;
	}
	i = 0;
again:
	while (i < first) {
		buf->addrs[i] = dma_map_page(buf->dev, buf->pages[i], 0, PAGE_SIZE,
					     DMA_TO_DEVICE);
		if (dma_mapping_error(buf->dev, buf->addrs[i])) {
			if (tries--)
				goto again;
			return -EIO;
		}
		i++;
	}
	return 0;
}

void stint_unmap(struct stint_buffer *buf)
{
	int i;

	for (i = 0; i < buf->npages; i++)
		dma_unmap_page(buf->dev, buf->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
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
    "page-array-loop/keep-unmap-stops.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: stops before all are unmapped
#include "../kernel.h"

struct stint_pool {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_make(struct stint_pool *pool)
{
	int n = 0;

	while (n < pool->npages) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		pool->addrs[n] = dma_map_page(pool->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(pool->dev, pool->addrs[n]))
			return -EIO;
		pool->pages[n] = page;
		n++;
	}
	return 0;
}

/* The pages behind the first hole are somebody else's. */
void stint_unmake(struct stint_pool *pool)
{
	int n;

	for (n = 0; n < pool->npages; n++) {
		if (!pool->pages[n])
			break;
		dma_unmap_page(pool->dev, pool->addrs[n], PAGE_SIZE, DMA_TO_DEVICE);
	}
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
    "page-array-loop/keep-unmapped-where-set.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: calls dma_unmap_page_attrs() on one of addrs
#include "../kernel.h"

struct stint_ring {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int stint_fill(struct stint_ring *ring)
{
	int n;

	for (n = 0; n < ring->npages; n++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		ring->pages[n] = page;
		ring->addrs[n] = dma_map_page(ring->dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(ring->dev, ring->addrs[n]))
			return -EIO;
	}
	return 0;
}

/* What has been received is gone from the ring. */
void stint_free(struct stint_ring *ring)
{
	int i;

	for (i = 0; i < ring->npages; i++) {
		if (ring->pages[i]) {
			dma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
			__free_page(ring->pages[i]);
		}
	}
}

"""##,
    "page-array-loop/keep-unmaps-every-other.c": ##"""
// SPDX-License-Identifier: GPL-2.0-only
// refused: the unmap loop changes its index k
#include "../kernel.h"

/* Two pages a slot, the second of which the device keeps. */
struct stint_slots {
	struct page *pages[8];
	dma_addr_t dma[8];
};

int stint_fill(struct device *dev, struct stint_slots *slots)
{
	u32 k;

	for (k = 0; k < 8; k++) {
		slots->dma[k] = dma_map_page(dev, slots->pages[k], 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(dev, slots->dma[k]))
			return -EIO;
	}
	return 0;
}

void stint_drain(struct device *dev, struct stint_slots *slots)
{
	for (u32 k = 0; k < 8; k++) {
		dma_unmap_page(dev, slots->dma[k], PAGE_SIZE, DMA_FROM_DEVICE);
		k++;
	}
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

  The array may be a field, a field of the elements of an array, or what helpers of the file get
  from their callers; the state goes beside the field, and to the helpers as a parameter. Where the
  number of pages may be 0, nothing is allocated; where the struct may be mapped again, the state is
  cleared.

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
  SOME: COUNT above 0
  N: invariant
  TOTAL: I after the loop
  LAST: J after the loop
  DEV: invariant
  PAGE: struct page *
  BUFFER: page-aligned
  ADDR: variable
  SIZE: multiple of PAGE_SIZE
  DIR: constant or member beside ADDRESSES
  ATTRS: constant
  RET: expression
  FAIL: failure
  FAIL_AFTER: FAIL after the loop
  FORGET: reset of STATE
  UNMAP: dma_unmap_page_attrs() or dma_unmap_single_attrs()
same: [SIZE, DIR, ATTRS]

patterns:
  - name: map only
    role: map
    match: |
      +	if (SOME && dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE)) {
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
      +	if (SOME && dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE)) {
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
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
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

  - name: map buffers and more
    role: map
    match: |
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			if (dma_iova_link(DEV, &STATE, virt_to_phys(BUFFER), I * SIZE, SIZE, DIR, ATTRS))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = dma_map_single_attrs(DEV, BUFFER, SIZE, DIR, ATTRS);
      		if (dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: map for an InfiniBand device
    role: map
    match: |
      +	if (SOME && !ib_uses_virt_dma(DEV))
      +		dma_iova_try_alloc(DEV->dma_device, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (dma_use_iova(&STATE)) {
      +			if (dma_iova_link(DEV->dma_device, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, 0))
      +				FAIL
      +			ADDRESSES[I] = STATE.addr + I * SIZE;
      +		} else {
      		ADDRESSES[I] = ib_dma_map_page(DEV, PAGE, 0, SIZE, DIR);
      		if (ib_dma_mapping_error(_, ADDRESSES[I]))
      			FAIL
      +		}
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV->dma_device, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: map and more, keeping the error
    role: map
    match: |
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
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

  - name: map through a variable
    role: map
    match: |
      +	if (SOME)
      +		dma_iova_try_alloc(DEV, &STATE, 0, COUNT * SIZE);
      	for (I = 0; I < COUNT; I++) {
      		...
      +		if (!dma_use_iova(&STATE))
      		ADDR = dma_map_page_attrs(DEV, PAGE, 0, SIZE, DIR, ATTRS);
      +		else if (dma_iova_link(DEV, &STATE, page_to_phys(PAGE), I * SIZE, SIZE, DIR, ATTRS))
      +			ADDR = DMA_MAPPING_ERROR;
      +		else
      +			ADDR = STATE.addr + I * SIZE;
      		if (dma_mapping_error(_, ADDR))
      			FAIL
      		...
      		ADDRESSES[I] = ADDR;
      		...
      	}
      +	if (dma_use_iova(&STATE) && dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE))
      +		FAIL_AFTER

  - name: unmap
    role: unmap
    match: |
      +	if (dma_use_iova(&STATE)) {
      +		dma_iova_destroy(DEV, &STATE, N * SIZE, DIR, ATTRS);
      +		FORGET
      +	} else {
      	for (J = 0; J < N; J++)
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      +	}

  - name: unmap up to the first hole
    role: unmap
    match: |2
      	for (J = 0; J < N && ADDRESSES[J]; J++) {
      +		if (!dma_use_iova(&STATE))
      		UNMAP(DEV, ADDRESSES[J], SIZE, DIR, ATTRS);
      		ADDRESSES[J] = 0;
      	}
      +	if (dma_use_iova(&STATE)) {
      +		dma_iova_destroy(DEV, &STATE, LAST * SIZE, DIR, ATTRS);
      +		memset(&STATE, 0, sizeof(STATE));
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
      +	FORGET

  - name: unmap for an InfiniBand device
    role: unmap
    match: |
      +	if (dma_use_iova(&STATE))
      +		dma_iova_destroy(DEV->dma_device, &STATE, N * SIZE, DIR, 0);
      	for (J = 0; J < N; J++) {
      		...
      +		if (!dma_use_iova(&STATE))
      		ib_dma_unmap_page(DEV, ADDRESSES[J], SIZE, DIR);
      		...
      	}
      +	FORGET

"""##,
  ]
}
