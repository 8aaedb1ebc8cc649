/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/types.h>

#define GFP_ATOMIC		((gfp_t)0x820)
#define GFP_KERNEL		((gfp_t)0xcc0)
#define GFP_KERNEL_ACCOUNT	((gfp_t)0x400cc0)
#define __GFP_ZERO		((gfp_t)0x100)

struct page;

struct page *alloc_page(gfp_t gfp);
void __free_page(struct page *page);

/*
 * Fills the empty entries of the array and says how many of its entries are
 * filled from the start on. May stop anywhere.
 */
unsigned long alloc_pages_bulk(gfp_t gfp, unsigned long nr_pages,
			       struct page **page_array);

#endif /* _LINUX_GFP_H */
