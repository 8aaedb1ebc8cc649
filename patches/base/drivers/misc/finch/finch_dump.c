// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finch firmware dump: the firmware fills a set of equal buffers.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define FINCH_CHUNKS		4
#define FINCH_CHUNK_SIZE	2048

struct finch_dump {
	void *data[FINCH_CHUNKS];
	dma_addr_t dma[FINCH_CHUNKS];
};

static void finch_dump_put(struct device *dev, struct finch_dump *dump, int n)
{
	while (n--) {
		dma_unmap_single(dev, dump->dma[n], FINCH_CHUNK_SIZE,
				 DMA_FROM_DEVICE);
		kfree(dump->data[n]);
		dump->data[n] = NULL;
	}
}

int finch_dump_start(struct device *dev, struct finch_dump *dump)
{
	int i;

	for (i = 0; i < FINCH_CHUNKS; i++) {
		dump->data[i] = kzalloc(FINCH_CHUNK_SIZE, GFP_KERNEL);
		if (!dump->data[i])
			goto err_put;

		dump->dma[i] = dma_map_single(dev, dump->data[i],
					      FINCH_CHUNK_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(dev, dump->dma[i])) {
			kfree(dump->data[i]);
			dump->data[i] = NULL;
			goto err_put;
		}
	}
	return 0;

err_put:
	finch_dump_put(dev, dump, i);
	return -ENOMEM;
}

void finch_dump_stop(struct device *dev, struct finch_dump *dump)
{
	finch_dump_put(dev, dump, FINCH_CHUNKS);
}
