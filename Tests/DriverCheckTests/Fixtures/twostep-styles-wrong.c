// SPDX-License-Identifier: GPL-2.0-only
/* The two-step API by careless hands, one mistake a driver. */
#include "kernel.h"

struct raw { struct device *dev; struct dma_iova_state state; };

int raw_map(struct raw *r, struct page *page)
{
	int ret;

	dma_iova_try_alloc(r->dev, &r->state, 0, PAGE_SIZE);
	ret = dma_iova_link(r->dev, &r->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0); // want iova-link-without-alloc
	if (ret) {
		dma_iova_destroy(r->dev, &r->state, 0, DMA_TO_DEVICE, 0);
		return ret;
	}
	ret = dma_iova_sync(r->dev, &r->state, 0, PAGE_SIZE);
	if (ret)
		dma_iova_destroy(r->dev, &r->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	return ret;
}

void raw_unmap(struct raw *r)
{
	dma_iova_destroy(r->dev, &r->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

struct far { struct device *dev; struct dma_iova_state state; };

int far_map(struct far *f, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(f->dev, &f->state, 0, 2 * PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(f->dev, &f->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(f->dev, &f->state);
		return ret;
	}
	ret = dma_iova_sync(f->dev, &f->state, 0, 2 * PAGE_SIZE); // want iova-sync-outside-linked
	if (ret)
		dma_iova_destroy(f->dev, &f->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	return ret;
}

void far_unmap(struct far *f)
{
	dma_iova_destroy(f->dev, &f->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

struct odd { struct device *dev; struct dma_iova_state state; };

int odd_map(struct odd *o, struct page *first, struct page *second)
{
	int ret;

	if (!dma_iova_try_alloc(o->dev, &o->state, 0, 2 * PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(o->dev, &o->state, page_to_phys(first), 0, 512, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(o->dev, &o->state);
		return ret;
	}
	ret = dma_iova_link(o->dev, &o->state, page_to_phys(second), 512, 512, DMA_TO_DEVICE, 0); // want iova-link-unaligned
	if (!ret)
		ret = dma_iova_sync(o->dev, &o->state, 0, 1024);
	if (ret)
		dma_iova_destroy(o->dev, &o->state, 512, DMA_TO_DEVICE, 0);
	return ret;
}

void odd_unmap(struct odd *o)
{
	dma_iova_destroy(o->dev, &o->state, 1024, DMA_TO_DEVICE, 0);
}

struct deaf { struct device *dev; struct dma_iova_state state; };

int deaf_map(struct deaf *d, struct page *page)
{
	if (!dma_iova_try_alloc(d->dev, &d->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	if (dma_iova_link(d->dev, &d->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0)) {
		dma_iova_free(d->dev, &d->state);
		return -EIO;
	}
	dma_iova_sync(d->dev, &d->state, 0, PAGE_SIZE); // want iova-error-ignored
	return 0;
}

void deaf_unmap(struct deaf *d)
{
	dma_iova_destroy(d->dev, &d->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

struct loose { struct device *dev; struct dma_iova_state state; };

int loose_map(struct loose *l, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(l->dev, &l->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(l->dev, &l->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (!ret) {
		ret = dma_iova_sync(l->dev, &l->state, 0, PAGE_SIZE);
		if (!ret)
			return 0;
		dma_iova_unlink(l->dev, &l->state, 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	}
	dma_iova_free(l->dev, &l->state);
	return ret;
}

void loose_unmap(struct loose *l)
{
	dma_iova_free(l->dev, &l->state); // want iova-range-leak
}

struct again { struct device *dev; struct dma_iova_state state; };

int again_map(struct again *a, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(a->dev, &a->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(a->dev, &a->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(a->dev, &a->state);
		return ret;
	}
	ret = dma_iova_sync(a->dev, &a->state, 0, PAGE_SIZE);
	if (ret)
		dma_iova_destroy(a->dev, &a->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	return ret;
}

void again_unmap(struct again *a)
{
	dma_iova_unlink(a->dev, &a->state, 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	dma_iova_free(a->dev, &a->state);
	dma_iova_free(a->dev, &a->state); // want iova-double-free
}

struct brief { struct device *dev; struct dma_iova_state state; };

int brief_map(struct brief *b, struct page **pages)
{
	size_t mapped = 0;
	int i, ret;

	if (!dma_iova_try_alloc(b->dev, &b->state, 0, 2 * PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	for (i = 0; i < 2; i++) {
		ret = dma_iova_link(b->dev, &b->state, page_to_phys(pages[i]), mapped, PAGE_SIZE,
				    DMA_TO_DEVICE, 0);
		if (ret)
			goto destroy;
		mapped += PAGE_SIZE;
	}
	ret = dma_iova_sync(b->dev, &b->state, 0, mapped);
	if (!ret)
		return 0;
destroy:
	dma_iova_destroy(b->dev, &b->state, mapped, DMA_TO_DEVICE, 0);
	return ret;
}

void brief_unmap(struct brief *b)
{
	dma_iova_destroy(b->dev, &b->state, PAGE_SIZE, DMA_TO_DEVICE, 0); // want iova-destroy-length
}

struct swap { struct device *dev; struct dma_iova_state state; };

int swap_map(struct swap *s, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(s->dev, &s->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(s->dev, &s->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(s->dev, &s->state);
		return ret;
	}
	ret = dma_iova_sync(s->dev, &s->state, 0, PAGE_SIZE);
	if (ret)
		dma_iova_destroy(s->dev, &s->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	return ret;
}

void swap_unmap(struct swap *s)
{
	dma_iova_unlink(s->dev, &s->state, 0, PAGE_SIZE, DMA_FROM_DEVICE, 0); // want iova-unlink-mismatch
	dma_iova_free(s->dev, &s->state);
}

struct none { struct device *dev; struct dma_iova_state state; };

int none_map(struct none *n, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(n->dev, &n->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return 0;
	ret = dma_iova_link(n->dev, &n->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(n->dev, &n->state);
		return ret;
	}
	ret = dma_iova_sync(n->dev, &n->state, 0, PAGE_SIZE);
	if (ret)
		dma_iova_destroy(n->dev, &n->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
	return ret;
}

void none_unmap(struct none *n)
{
	if (dma_use_iova(&n->state))
		dma_iova_destroy(n->dev, &n->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
}

struct cross { struct device *dev; struct dma_iova_state state; dma_addr_t dma; };

int cross_map(struct cross *c, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(c->dev, &c->state, 0, PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(c->dev, &c->state, page_to_phys(page), 0, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(c->dev, &c->state);
		return ret;
	}
	ret = dma_iova_sync(c->dev, &c->state, 0, PAGE_SIZE);
	if (ret) {
		dma_iova_destroy(c->dev, &c->state, PAGE_SIZE, DMA_TO_DEVICE, 0);
		return ret;
	}
	c->dma = c->state.addr;
	return 0;
}

void cross_unmap(struct cross *c)
{
	dma_unmap_page(c->dev, c->dma, PAGE_SIZE, DMA_TO_DEVICE); // want iova-mixed-unmap
}

struct halves { struct device *dev; struct dma_iova_state state; };

int halves_map(struct halves *h, struct page *page)
{
	int ret;

	if (!dma_iova_try_alloc(h->dev, &h->state, 0, 2 * PAGE_SIZE)) // want iova-missing-fallback
		return -ENOMEM;
	ret = dma_iova_link(h->dev, &h->state, page_to_phys(page), 0, 2 * PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (ret) {
		dma_iova_free(h->dev, &h->state);
		return ret;
	}
	ret = dma_iova_sync(h->dev, &h->state, 0, 2 * PAGE_SIZE);
	if (ret)
		dma_iova_destroy(h->dev, &h->state, 2 * PAGE_SIZE, DMA_TO_DEVICE, 0);
	return ret;
}

void halves_unmap(struct halves *h)
{
	dma_iova_unlink(h->dev, &h->state, 0, PAGE_SIZE, DMA_TO_DEVICE, 0); // want iova-unlink-mismatch
	dma_iova_unlink(h->dev, &h->state, PAGE_SIZE, PAGE_SIZE, DMA_TO_DEVICE, 0);
	dma_iova_free(h->dev, &h->state);
}
