// SPDX-License-Identifier: GPL-2.0-only
#include "../kernel.h"

int knot_start(struct device *dev, struct scatterlist *sgl, int nents, u64 *descriptor)
{
	struct scatterlist *sg;
	int i, n = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE); // want keep-scatterlist-walked

	for (i = 0, sg = sgl; i < n; i++, sg = sg_next(sg))
		descriptor[i] = sg_dma_address(sg);
	return n;
}
