// SPDX-License-Identifier: GPL-2.0-only
/* Mirrors by careless hands. */
#include "kernel.h"

struct early { struct device *dev; struct hmm_dma_map map; dma_addr_t dma; };

int early_setup(struct early *e)
{
	e->dma = hmm_dma_map_pfn(e->dev, &e->map, 0, NULL); // want hmm-map-before-alloc
	return hmm_dma_map_alloc(e->dev, &e->map, 1, PAGE_SIZE);
}

void early_cleanup(struct early *e)
{
	hmm_dma_map_free(e->dev, &e->map);
}

struct blind { struct device *dev; struct hmm_dma_map map; };

int blind_setup(struct blind *b)
{
	hmm_dma_map_alloc(b->dev, &b->map, 2, PAGE_SIZE);
	return 0;
}

void blind_cleanup(struct blind *b)
{
	hmm_dma_map_free(b->dev, &b->map); // want hmm-error-unchecked
}

struct lost { struct device *dev; struct hmm_dma_map map; void *table; };

int lost_setup(struct lost *l)
{
	int ret = hmm_dma_map_alloc(l->dev, &l->map, 2, PAGE_SIZE); // want hmm-map-leak

	if (ret)
		return ret;
	l->table = kzalloc(64, GFP_KERNEL);
	if (!l->table)
		return -ENOMEM;
	return 0;
}

void lost_cleanup(struct lost *l)
{
	kfree(l->table);
	hmm_dma_map_free(l->dev, &l->map);
}

struct left {
	struct device *dev;
	struct hmm_dma_map map;
	unsigned long start;
	dma_addr_t dma[2];
};

int left_setup(struct left *l)
{
	struct hmm_range range = { .start = l->start, .end = l->start + 2 * PAGE_SIZE };
	int i, ret;

	ret = hmm_dma_map_alloc(l->dev, &l->map, 2, PAGE_SIZE);
	if (ret)
		return ret;
	range.hmm_pfns = l->map.pfn_list;
	ret = hmm_range_fault(&range);
	if (ret) {
		hmm_dma_map_free(l->dev, &l->map);
		return ret;
	}
	for (i = 0; i < 2; i++) {
		l->dma[i] = hmm_dma_map_pfn(l->dev, &l->map, i, NULL);
		if (dma_mapping_error(l->dev, l->dma[i])) {
			while (i--)
				hmm_dma_unmap_pfn(l->dev, &l->map, i);
			hmm_dma_map_free(l->dev, &l->map);
			return -EIO;
		}
	}
	return 0;
}

void left_cleanup(struct left *l)
{
	hmm_dma_unmap_pfn(l->dev, &l->map, 0);
	hmm_dma_map_free(l->dev, &l->map); // want hmm-unmap-missing
}

struct units { struct device *dev; struct hmm_dma_map map; unsigned long start; dma_addr_t dma; };

int units_setup(struct units *u)
{
	struct hmm_range range = { .start = u->start, .end = u->start + 2 * PAGE_SIZE };
	int ret;

	ret = hmm_dma_map_alloc(u->dev, &u->map, 2, PAGE_SIZE);
	if (ret)
		return ret;
	range.hmm_pfns = u->map.pfn_list;
	ret = hmm_range_fault(&range);
	if (ret)
		goto free;
	u->dma = hmm_dma_map_pfn(u->dev, &u->map, 1 << PAGE_SHIFT, NULL); // want hmm-index-units
	if (!dma_mapping_error(u->dev, u->dma))
		return 0;
	ret = -EIO;
free:
	hmm_dma_map_free(u->dev, &u->map);
	return ret;
}

void units_cleanup(struct units *u)
{
	hmm_dma_unmap_pfn(u->dev, &u->map, 1);
	hmm_dma_map_free(u->dev, &u->map);
}
