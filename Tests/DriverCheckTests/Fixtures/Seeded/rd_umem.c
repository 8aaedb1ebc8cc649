// SPDX-License-Identifier: GPL-2.0-only
/* registered memory: a table of physical pages for the device, in pages that are mapped themselves */
#include "kernel.h"
#include "subsystems.h"

#define RU_ENTRIES (PAGE_SIZE / sizeof(__le64))

struct ru_mr {
	struct device *dev;
	struct page **pages;
	dma_addr_t *dma;
	unsigned int npages;
	__le64 **table;
	dma_addr_t *table_dma;
	unsigned int ntables;
	bool writable;
};

static enum dma_data_direction ru_dir(struct ru_mr *mr)
{
	return mr->writable ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE;
}

static void ru_free_tables(struct ru_mr *mr, unsigned int n)
{
	while (n--) {
		dma_unmap_single(mr->dev, mr->table_dma[n], PAGE_SIZE, DMA_TO_DEVICE); /*@toomany*/
		kfree(mr->table[n]);
	}
	kfree(mr->table_dma);
	kfree(mr->table);
}

static int ru_alloc_tables(struct ru_mr *mr)
{
	unsigned int i;

	mr->ntables = (mr->npages + RU_ENTRIES - 1) / RU_ENTRIES;
	mr->table = kcalloc(mr->ntables, sizeof(*mr->table), GFP_KERNEL);
	if (!mr->table)
		return -ENOMEM;
	mr->table_dma = kcalloc(mr->ntables, sizeof(*mr->table_dma), GFP_KERNEL);
	if (!mr->table_dma) {
		kfree(mr->table);
		return -ENOMEM;
	}
	for (i = 0; i < mr->ntables; i++) {
		mr->table[i] = kzalloc(PAGE_SIZE, GFP_KERNEL);
		if (!mr->table[i])
			goto fail;
		mr->table_dma[i] = dma_map_single(mr->dev, mr->table[i], PAGE_SIZE, DMA_TO_DEVICE);
		if (dma_mapping_error(mr->dev, mr->table_dma[i])) {
			kfree(mr->table[i]);
			goto fail;
		}
	}
	return 0;
fail:
	ru_free_tables(mr, i); //~toomany:dma-unmap-unknown ru_free_tables(mr, i + 1);
	return -ENOMEM;
}

static void ru_unmap_pages(struct ru_mr *mr, unsigned int n)
{
	while (n--)
		dma_unmap_page(mr->dev, mr->dma[n], PAGE_SIZE, ru_dir(mr)); //~dir:dma-unmap-direction dma_unmap_page(mr->dev, mr->dma[n], PAGE_SIZE, DMA_TO_DEVICE);
}

int ru_reg(struct ru_mr *mr)
{
	unsigned int i;
	int ret;

	ret = ru_alloc_tables(mr);
	if (ret)
		return ret;
	mr->dma = kcalloc(mr->npages, sizeof(*mr->dma), GFP_KERNEL);
	if (!mr->dma) {
		ret = -ENOMEM;
		goto free_tables;
	}
	for (i = 0; i < mr->npages; i++) {
		mr->dma[i] = dma_map_page(mr->dev, mr->pages[i], 0, PAGE_SIZE, ru_dir(mr)); /*@first*/
		if (dma_mapping_error(mr->dev, mr->dma[i])) {
			ret = -EIO;
			goto unmap;
		}
		mr->table[i / RU_ENTRIES][i % RU_ENTRIES] = cpu_to_le64(mr->dma[i]); /*@nosync*/
	}
	for (i = 0; i < mr->ntables; i++)
		dma_sync_single_for_device(mr->dev, mr->table_dma[i], PAGE_SIZE, DMA_TO_DEVICE); //~nosync:coherency-missing-sync ;
	return 0;
unmap:
	ru_unmap_pages(mr, i); //~first:dma-leak while (i-- > 1) dma_unmap_page(mr->dev, mr->dma[i], PAGE_SIZE, ru_dir(mr));
	kfree(mr->dma);
free_tables:
	ru_free_tables(mr, mr->ntables);
	return ret;
}

void ru_dereg(struct ru_mr *mr)
{
	ru_unmap_pages(mr, mr->npages);
	kfree(mr->dma);
	ru_free_tables(mr, mr->ntables);
}
