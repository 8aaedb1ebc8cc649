// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

struct shelduck_entry {
	struct shelduck_entry *next;
	dma_addr_t addr;
};

int shelduck_map(struct device *dev, struct page **pages, struct shelduck_entry *entry, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		dma_addr_t addr = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE); // want manual-addresses-elsewhere

		if (dma_mapping_error(dev, addr))
			return -EIO;
		(void)entry;
	}
	return 0;
}
