// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include "resources.h"

/* What a process asks for. */
struct cmd_request {
	u32 entries;
	u32 offset;
};

#define MOST_ENTRIES (1U << 10)
#define ENTRY_BYTES 48

struct cmd_table {
	struct device *dev;
	u8 *entries;
	size_t bytes;
	dma_addr_t addr;
};

static int cmd_check(const struct cmd_request *rq)
{
	if (!rq->entries || rq->entries > MOST_ENTRIES) //~many:c-integer-overflow if (!rq->entries)
		return -EINVAL;
	return 0;
}

long cmd_table_map(struct cmd_table *t, const void *arg)
{
	struct cmd_request rq;
	int err;

	if (copy_from_user(&rq, arg, sizeof(rq)))
		return -EFAULT;
	err = cmd_check(&rq);
	if (err)
		return err;
	t->bytes = rq.entries * ENTRY_BYTES; /*@many*/
	t->entries = kzalloc(t->bytes, GFP_KERNEL);
	if (!t->entries)
		return -ENOMEM;
	t->addr = dma_map_single(t->dev, t->entries, t->bytes, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(t->dev, t->addr)) {
		kfree(t->entries);
		return -EIO;
	}
	return 0;
}

void cmd_table_unmap(struct cmd_table *t)
{
	dma_unmap_single(t->dev, t->addr, t->bytes, DMA_BIDIRECTIONAL);
	kfree(t->entries);
}
