// SPDX-License-Identifier: GPL-2.0-only
/* a table that is given to the device entry by entry, as each is written */
#include <linux/dma-mapping.h>

#define TABLE_BYTES 4096

struct table { struct device *dev; u64 *entries; dma_addr_t dma; };

static void table_give(struct table *t, int i)
{
	dma_sync_single_for_device(t->dev, t->dma + i * sizeof(u64), sizeof(u64), DMA_TO_DEVICE);
}

int table_init(struct table *t);
int table_init(struct table *t)
{
	t->dma = dma_map_single(t->dev, t->entries, TABLE_BYTES, DMA_TO_DEVICE);
	if (dma_mapping_error(t->dev, t->dma))
		return -EIO;
	t->entries[0] = 7;
	table_give(t, 0);
	t->entries[1] = 8; /*@again*/
	table_give(t, 1); //~again:coherency-missing-sync table_give(t, 0);
	return 0;
}

void table_exit(struct table *t);
void table_exit(struct table *t)
{
	dma_unmap_single(t->dev, t->dma, TABLE_BYTES, DMA_TO_DEVICE);
}
