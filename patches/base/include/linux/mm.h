/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <asm/page.h>
#include <linux/gfp.h>
#include <linux/kernel.h>

struct dev_pagemap;

struct page {
	unsigned long flags;
	struct dev_pagemap *pgmap;
	unsigned long private;
};

struct mm_struct;

#define PAGE_ALIGN(addr)	ALIGN(addr, PAGE_SIZE)
#define offset_in_page(p)	((unsigned long)(p) & ~PAGE_MASK)

phys_addr_t page_to_phys(const struct page *page);
unsigned long page_to_pfn(const struct page *page);
struct page *pfn_to_page(unsigned long pfn);
struct page *virt_to_page(const void *address);
void *page_address(const struct page *page);
void put_page(struct page *page);

long pin_user_pages_fast(unsigned long start, int nr_pages,
			 unsigned int gup_flags, struct page **pages);
void unpin_user_pages(struct page **pages, unsigned long npages);

#define FOLL_WRITE		(1U << 0)
#define FOLL_LONGTERM		(1U << 8)

void mmap_read_lock(struct mm_struct *mm);
void mmap_read_unlock(struct mm_struct *mm);

#endif /* _LINUX_MM_H */
