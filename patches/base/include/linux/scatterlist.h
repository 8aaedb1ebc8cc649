/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SCATTERLIST_H
#define _LINUX_SCATTERLIST_H

#include <linux/mm.h>
#include <linux/types.h>

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
	unsigned int nents;		/* entries after mapping */
	unsigned int orig_nents;	/* entries of the list itself */
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

#define sg_dma_address(sg)	((sg)->dma_address)
#define sg_dma_len(sg)		((sg)->dma_length)

/* The two lowest bits of page_link tell a chain and the last entry. */
#define SG_CHAIN	0x01UL
#define SG_END		0x02UL
#define SG_PAGE_LINK_MASK	(SG_CHAIN | SG_END)

static inline struct page *sg_page(struct scatterlist *sg)
{
	return (struct page *)(sg->page_link & ~SG_PAGE_LINK_MASK);
}

static inline void sg_set_page(struct scatterlist *sg, struct page *page,
			       unsigned int len, unsigned int offset)
{
	sg->page_link = (sg->page_link & SG_PAGE_LINK_MASK) | (unsigned long)page;
	sg->offset = offset;
	sg->length = len;
}

struct scatterlist *sg_next(struct scatterlist *sg);
void sg_init_table(struct scatterlist *sgl, unsigned int nents);
void sg_init_one(struct scatterlist *sg, const void *buf, unsigned int buflen);

int sg_alloc_table(struct sg_table *table, unsigned int nents, gfp_t gfp);
int sg_alloc_table_from_pages(struct sg_table *table, struct page **pages,
			      unsigned int n_pages, unsigned int offset,
			      unsigned long size, gfp_t gfp);
void sg_free_table(struct sg_table *table);

void __sg_page_iter_start(struct sg_page_iter *iter, struct scatterlist *sgl,
			  unsigned int nents, unsigned long pgoffset);
bool __sg_page_iter_dma_next(struct sg_dma_page_iter *iter);

static inline dma_addr_t sg_page_iter_dma_address(struct sg_dma_page_iter *iter)
{
	return sg_dma_address(iter->base.sg) +
	       ((dma_addr_t)iter->base.sg_pgoffset << PAGE_SHIFT);
}

#define for_each_sg(sglist, sg, nr, i) \
	for (i = 0, sg = (sglist); i < (nr); i++, sg = sg_next(sg))

#define for_each_sgtable_sg(table, sg, i) \
	for_each_sg((table)->sgl, sg, (table)->orig_nents, i)

#define for_each_sgtable_dma_sg(table, sg, i) \
	for_each_sg((table)->sgl, sg, (table)->nents, i)

#define for_each_sgtable_dma_page(table, iter, pgoffset)		\
	for (__sg_page_iter_start(&(iter)->base, (table)->sgl,		\
				  (table)->nents, (pgoffset));		\
	     __sg_page_iter_dma_next(iter);)

#endif /* _LINUX_SCATTERLIST_H */
