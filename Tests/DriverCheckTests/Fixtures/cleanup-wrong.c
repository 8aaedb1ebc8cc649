// SPDX-License-Identifier: GPL-2.0-only
// Failing paths that keep what the function's other failing paths give back.
#include "resources.h"

struct engine {
	struct device *dev;
	struct clk *clk;
	void *buf;
	dma_addr_t addr;
};

int engine_configure(struct engine *);
int engine_program(struct engine *, dma_addr_t);

// A ladder, and a return that does not take it.
int engine_start(struct engine *e)
{
	int err;

	err = clk_prepare_enable(e->clk);
	if (err)
		return err;
	err = engine_configure(e);
	if (err)
		return err; // want early-return-skips-cleanup
	e->addr = dma_map_single(e->dev, e->buf, 512, DMA_TO_DEVICE);
	if (dma_mapping_error(e->dev, e->addr)) {
		err = -EIO;
		goto disable;
	}
	return 0;
disable:
	clk_disable_unprepare(e->clk);
	return err;
}

void engine_stop(struct engine *e)
{
	dma_unmap_single(e->dev, e->addr, 512, DMA_TO_DEVICE);
	clk_disable_unprepare(e->clk);
}

struct port {
	struct device *dev;
	struct mutex lock;
	void *buf;
	dma_addr_t addr;
	int users;
};

// Unwinding in place; the lock is forgotten once.
int port_open(struct port *p, int mode)
{
	mutex_lock(&p->lock);
	p->buf = kzalloc(1024, GFP_KERNEL);
	if (!p->buf)
		return -ENOMEM; // want early-return-skips-cleanup
	p->addr = dma_map_single(p->dev, p->buf, 1024, DMA_FROM_DEVICE);
	if (dma_mapping_error(p->dev, p->addr)) {
		kfree(p->buf);
		mutex_unlock(&p->lock);
		return -EIO;
	}
	p->users++;
	mutex_unlock(&p->lock);
	return 0;
}

void port_close(struct port *p)
{
	dma_unmap_single(p->dev, p->addr, 1024, DMA_FROM_DEVICE);
	kfree(p->buf);
}

struct unit {
	struct device *dev;
	int irq;
	void *desc;
	dma_addr_t addr;
};

int unit_reset(struct unit *);

static int unit_irq(int irq, void *data)
{
	return 1;
}

static int unit_power(struct unit *u)
{
	return pm_runtime_resume_and_get(u->dev);
}

static void unit_unpower(struct unit *u)
{
	pm_runtime_put(u->dev);
}

// A ladder with a jump to the wrong rung; what it skips is taken by a helper.
int unit_probe(struct unit *u)
{
	int err;

	err = request_irq(u->irq, unit_irq, 0, "unit", u);
	if (err)
		return err;
	err = unit_power(u);
	if (err)
		goto free;
	err = unit_reset(u);
	if (err)
		goto free; // want early-return-skips-cleanup
	u->addr = dma_map_single(u->dev, u->desc, 256, DMA_TO_DEVICE);
	if (dma_mapping_error(u->dev, u->addr)) {
		err = -EIO;
		goto unpower;
	}
	return 0;
unpower:
	unit_unpower(u);
free:
	free_irq(u->irq, u);
	return err;
}

void unit_remove(struct unit *u)
{
	dma_unmap_single(u->dev, u->addr, 256, DMA_TO_DEVICE);
	unit_unpower(u);
	free_irq(u->irq, u);
}

struct pool {
	struct device *dev;
	struct page *pages[4];
	dma_addr_t addrs[4];
};

int pool_announce(struct pool *, int);

// An object, made by a call and taken back by another, in a constructor that returns a pointer.
struct pool *pool_create(struct device *dev)
{
	struct pool *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int i;

	if (!p)
		return NULL;
	p->dev = get_device(dev);
	if (pool_announce(p, 1)) {
		kfree(p);
		return NULL; // want early-return-skips-cleanup
	}
	for (i = 0; i < 4; i++) {
		p->pages[i] = alloc_page(GFP_KERNEL);
		if (!p->pages[i])
			goto undo;
		p->addrs[i] = dma_map_page(p->dev, p->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(p->dev, p->addrs[i])) {
			__free_page(p->pages[i]);
			goto undo;
		}
	}
	return p;
undo:
	while (i--) {
		dma_unmap_page(p->dev, p->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(p->pages[i]);
	}
	put_device(p->dev);
	kfree(p);
	return NULL;
}

void pool_destroy(struct pool *p)
{
	int i;

	for (i = 0; i < 4; i++) {
		dma_unmap_page(p->dev, p->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
		__free_page(p->pages[i]);
	}
	put_device(p->dev);
	kfree(p);
}
