// SPDX-License-Identifier: GPL-2.0-only
// refused: the mapping and its end do not provably agree on DIR
#include "../kernel.h"

struct stint_queue {
	enum dma_data_direction dir;
	struct page *pages[16];
	dma_addr_t dma[16];
};

struct stint_engine {
	struct device *dev;
	struct stint_queue in;
	struct stint_queue out;
};

int stint_start(struct stint_engine *engine)
{
	int q;

	for (q = 0; q < 16; q++) {
		engine->in.dma[q] = dma_map_page(engine->dev, engine->in.pages[q], 0, PAGE_SIZE,
						 engine->in.dir);
		if (dma_mapping_error(engine->dev, engine->in.dma[q]))
			return -EIO;
	}
	return 0;
}

void stint_stop(struct stint_engine *engine)
{
	for (int q = 0; q < 16; q++)
		dma_unmap_page(engine->dev, engine->in.dma[q], PAGE_SIZE, engine->out.dir);
}
