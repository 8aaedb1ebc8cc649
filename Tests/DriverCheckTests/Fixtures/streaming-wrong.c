// SPDX-License-Identifier: GPL-2.0-only
/* The regular API by careless hands, one mistake a driver. */
#include "kernel.h"

struct mixed { struct device *dev; dma_addr_t dma; };

int mixed_map(struct mixed *m, struct page *page)
{
	m->dma = dma_map_page(m->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(m->dev, m->dma) ? -EIO : 0;
}

void mixed_unmap(struct mixed *m)
{
	dma_unmap_resource(m->dev, m->dma, PAGE_SIZE, DMA_TO_DEVICE, 0); // want dma-unmap-type
}

struct moved { struct device *dev; dma_addr_t dma; };

int moved_map(struct moved *m, struct page *page)
{
	m->dma = dma_map_page(m->dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	return dma_mapping_error(m->dev, m->dma) ? -EIO : 0;
}

void moved_unmap(struct moved *m)
{
	dma_unmap_page(m->dev, m->dma + 64, PAGE_SIZE, DMA_TO_DEVICE); // want dma-unmap-unknown
}

struct counted { struct device *dev; struct sg_table *table; int mapped; };

int counted_map(struct counted *c, struct scatterlist *sgl)
{
	c->mapped = dma_map_sg(c->dev, sgl, 4, DMA_TO_DEVICE);
	return c->mapped ? 0 : -EIO;
}

void counted_unmap(struct counted *c, struct scatterlist *sgl)
{
	dma_unmap_sg(c->dev, sgl, 3, DMA_TO_DEVICE); // want dma-sg-nents
}

struct wide { struct device *dev; dma_addr_t dma; };

int wide_map(struct wide *w, struct page *page)
{
	w->dma = dma_map_page(w->dev, page, 0, 512, DMA_FROM_DEVICE);
	return dma_mapping_error(w->dev, w->dma) ? -EIO : 0;
}

void wide_unmap(struct wide *w)
{
	dma_sync_single_for_cpu(w->dev, w->dma, 1024, DMA_FROM_DEVICE); // want dma-sync-range
	dma_unmap_page(w->dev, w->dma, 512, DMA_FROM_DEVICE);
}

struct turned { struct device *dev; dma_addr_t dma; };

int turned_map(struct turned *t, struct page *page)
{
	t->dma = dma_map_page(t->dev, page, 0, 512, DMA_FROM_DEVICE);
	return dma_mapping_error(t->dev, t->dma) ? -EIO : 0;
}

void turned_unmap(struct turned *t)
{
	dma_sync_single_for_cpu(t->dev, t->dma, 512, DMA_TO_DEVICE); // want dma-sync-direction
	dma_unmap_page(t->dev, t->dma, 512, DMA_FROM_DEVICE);
}

struct late { struct device *dev; dma_addr_t dma; };

int late_map(struct late *l, struct page *page)
{
	l->dma = dma_map_page(l->dev, page, 0, 512, DMA_FROM_DEVICE);
	return dma_mapping_error(l->dev, l->dma) ? -EIO : 0;
}

void late_unmap(struct late *l)
{
	dma_unmap_page(l->dev, l->dma, 512, DMA_FROM_DEVICE);
	dma_sync_single_for_cpu(l->dev, l->dma, 512, DMA_FROM_DEVICE); // want dma-sync-unmapped
}

struct virt { struct device *dev; void *buffer; dma_addr_t dma; };

int virt_map(struct virt *v)
{
	v->buffer = vmalloc(8192);
	if (!v->buffer)
		return -ENOMEM;
	v->dma = dma_map_single(v->dev, v->buffer, 8192, DMA_TO_DEVICE); // want dma-map-vmalloc
	if (dma_mapping_error(v->dev, v->dma)) {
		vfree(v->buffer);
		return -EIO;
	}
	return 0;
}

void virt_unmap(struct virt *v)
{
	dma_unmap_single(v->dev, v->dma, 8192, DMA_TO_DEVICE);
	vfree(v->buffer);
}

struct text { struct device *dev; dma_addr_t dma; };

int text_map(struct text *t)
{
	t->dma = dma_map_single(t->dev, "firmware", 9, DMA_TO_DEVICE); // want dma-map-rodata
	return dma_mapping_error(t->dev, t->dma) ? -EIO : 0;
}

void text_unmap(struct text *t)
{
	dma_unmap_single(t->dev, t->dma, 9, DMA_TO_DEVICE);
}

struct aimless { struct device *dev; dma_addr_t dma; };

int aimless_map(struct aimless *a, struct page *page)
{
	a->dma = dma_map_page(a->dev, page, 0, 512, DMA_NONE); // want dma-map-invalid
	return dma_mapping_error(a->dev, a->dma) ? -EIO : 0;
}

struct pair { struct device *dev; dma_addr_t first, second; };

int pair_map(struct pair *p, struct page *page)
{
	p->first = dma_map_page(p->dev, page, 0, 512, DMA_FROM_DEVICE);
	if (dma_mapping_error(p->dev, p->first))
		return -EIO;
	p->second = dma_map_page(p->dev, page, 0, 512, DMA_FROM_DEVICE); // want dma-overlap
	if (dma_mapping_error(p->dev, p->second)) {
		dma_unmap_page(p->dev, p->first, 512, DMA_FROM_DEVICE);
		return -EIO;
	}
	return 0;
}

void pair_unmap(struct pair *p)
{
	dma_unmap_page(p->dev, p->second, 512, DMA_FROM_DEVICE);
	dma_unmap_page(p->dev, p->first, 512, DMA_FROM_DEVICE);
}

struct stub { struct device *dev; dma_addr_t dma; };

int stub_map(struct stub *s, struct page *page)
{
	s->dma = dma_map_page(s->dev, page, 0, 0, DMA_TO_DEVICE); // want dma-zero-length
	return dma_mapping_error(s->dev, s->dma) ? -EIO : 0;
}

struct ring { struct device *dev; void *cpu, *other; dma_addr_t dma; };

int ring_alloc(struct ring *r)
{
	r->cpu = dma_alloc_coherent(r->dev, 4096, &r->dma, GFP_KERNEL);
	return r->cpu ? 0 : -ENOMEM;
}

void ring_free(struct ring *r)
{
	dma_free_coherent(r->dev, 4096, (u8 *)r->cpu + 64, r->dma); // want dma-free-cpu-address
}

struct stale { struct device *dev; void *regs; };

int stale_send(struct stale *s, struct page *page)
{
	dma_addr_t dma = dma_map_page(s->dev, page, 0, 512, DMA_TO_DEVICE);

	if (dma_mapping_error(s->dev, dma))
		return -EIO;
	dma_unmap_page(s->dev, dma, 512, DMA_TO_DEVICE);
	writel(lower_32_bits(dma), s->regs); // want dma-use-after-unmap
	return 0;
}

struct weak { struct device *dev; dma_addr_t dma; };

int weak_map(struct weak *w, struct page *page)
{
	w->dma = dma_map_page_attrs(w->dev, page, 0, 512, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	return dma_mapping_error(w->dev, w->dma) ? -EIO : 0;
}

void weak_unmap(struct weak *w)
{
	dma_unmap_page_attrs(w->dev, w->dma, 512, DMA_TO_DEVICE, 0); // want dma-unmap-attrs
}

struct long_entry { struct device *dev; struct scatterlist sg[1]; struct page *page; };

int long_entry_map(struct long_entry *l)
{
	l->page = alloc_pages(GFP_KERNEL, 6);
	if (!l->page)
		return -ENOMEM;
	sg_init_table(l->sg, 1);
	sg_set_page(l->sg, l->page, 256 * 1024, 0);
	if (!dma_map_sg(l->dev, l->sg, 1, DMA_TO_DEVICE)) { // want dma-sg-segment-length
		__free_pages(l->page, 6);
		return -EIO;
	}
	return 0;
}

void long_entry_unmap(struct long_entry *l)
{
	dma_unmap_sg(l->dev, l->sg, 1, DMA_TO_DEVICE);
	__free_pages(l->page, 6);
}

/* The address is read back out of memory by a register's accessor; the length is another. */
struct raw_buffer { struct device *dev; u32 *desc; dma_addr_t desc_dma; };

int raw_buffer_map(struct raw_buffer *b, struct page *page)
{
	dma_addr_t dma;

	b->desc = dma_alloc_coherent(b->dev, 64, &b->desc_dma, GFP_KERNEL);
	if (!b->desc)
		return -ENOMEM;
	dma = dma_map_page(b->dev, page, 0, 1024, DMA_TO_DEVICE);
	if (dma_mapping_error(b->dev, dma)) {
		dma_free_coherent(b->dev, 64, b->desc, b->desc_dma);
		return -EIO;
	}
	__raw_writel(dma, b->desc);
	return 0;
}

void raw_buffer_unmap(struct raw_buffer *b)
{
	dma_unmap_page(b->dev, __raw_readl(b->desc), 512, DMA_TO_DEVICE); // want dma-unmap-size
	dma_free_coherent(b->dev, 64, b->desc, b->desc_dma);
}

/* What undoes another member later does not undo what the teardown has left. */
struct parts { struct device *dev; void *a, *b; dma_addr_t a_dma, b_dma, c_dma; };

int parts_map(struct parts *p)
{
	p->a_dma = dma_map_single(p->dev, p->a, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(p->dev, p->a_dma))
		return -EIO;
	p->b_dma = dma_map_single(p->dev, p->b, 64, DMA_TO_DEVICE); // want dma-leak
	if (dma_mapping_error(p->dev, p->b_dma)) {
		dma_unmap_single(p->dev, p->a_dma, 64, DMA_TO_DEVICE);
		return -EIO;
	}
	return 0;
}

void parts_unmap(struct parts *p)
{
	dma_unmap_single(p->dev, p->a_dma, 64, DMA_TO_DEVICE);
}

void parts_drop_other(struct parts *p)
{
	dma_unmap_single(p->dev, p->c_dma, 64, DMA_TO_DEVICE);
}

/* The teardown is the one that is named like the setup, not a function that forgets nothing. */
struct card { struct device *dev; void *in, *out; dma_addr_t in_dma, out_dma; };
struct card *card_get_priv(struct device *);

int card_map(struct device *dev)
{
	struct card *card = card_get_priv(dev);

	card->in_dma = dma_map_single(dev, card->in, 256, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, card->in_dma))
		return -EIO;
	card->out_dma = dma_map_single(dev, card->out, 256, DMA_TO_DEVICE); // want dma-leak
	if (dma_mapping_error(dev, card->out_dma)) {
		dma_unmap_single(dev, card->in_dma, 256, DMA_FROM_DEVICE);
		return -EIO;
	}
	return 0;
}

void card_unmap(struct device *dev)
{
	struct card *card = card_get_priv(dev);

	dma_unmap_single(dev, card->in_dma, 256, DMA_FROM_DEVICE);
}

void card_remove(struct card *card)
{
	dma_unmap_single(card->dev, card->out_dma, 256, DMA_TO_DEVICE);
	dma_unmap_single(card->dev, card->in_dma, 256, DMA_FROM_DEVICE);
}

/* No number that is tried opens it: what it calls is executed by itself. */
struct vault { struct device *dev; void *door, *gold; dma_addr_t first, second; };

static int vault_map(struct vault *v)
{
	v->first = dma_map_single(v->dev, v->door, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(v->dev, v->first))
		return -EIO;
	v->second = dma_map_single(v->dev, v->gold, 64, DMA_TO_DEVICE); // want dma-mapping-error-unchecked
	return 0;
}

int vault_open(struct vault *v, u32 key)
{
	if (key * 2654435761u != 0x12345678u)
		return -EINVAL;
	return vault_map(v);
}

void vault_close(struct vault *v)
{
	dma_unmap_single(v->dev, v->second, 64, DMA_TO_DEVICE);
	dma_unmap_single(v->dev, v->first, 64, DMA_TO_DEVICE);
}
