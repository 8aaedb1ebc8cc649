// SPDX-License-Identifier: GPL-2.0-only
/*
 * Avocet mailbox: the calls hide behind macros of the driver's own.
 */
#include <linux/dma-mapping.h>

#define AVOCET_MAP(box, ptr, len) \
	dma_map_single((box)->dev, (ptr), (len), DMA_BIDIRECTIONAL)
#define AVOCET_UNMAP(box, addr, len) \
	dma_unmap_single((box)->dev, (addr), (len), DMA_BIDIRECTIONAL)

struct avocet_box {
	struct device *dev;
	void *message;
	size_t len;
	dma_addr_t addr;
};

/* Tests put a function of their own here. */
struct avocet_ops {
	int (*mapping_error)(struct device *dev, dma_addr_t addr);
};

static const struct avocet_ops avocet_dma_ops = {
	.mapping_error = dma_mapping_error,
};

int avocet_send(struct avocet_box *box)
{
	box->addr = AVOCET_MAP(box, box->message, box->len);
	if (avocet_dma_ops.mapping_error(box->dev, box->addr))
		return -ENOMEM;
	return 0;
}

void avocet_done(struct avocet_box *box)
{
	AVOCET_UNMAP(box, box->addr, box->len);
}
