// SPDX-License-Identifier: GPL-2.0-only
/* video capture: planes of a buffer, one behind the other for the device, with headers of its own */
#include "kernel.h"
#include "subsystems.h"

struct cv_plane {
	void *vaddr;
	unsigned int bytesused, length;
	dma_addr_t dma;
};

struct cv_buf {
	struct cv_plane plane[3];
	unsigned int planes;
	u32 *prog;
	dma_addr_t prog_dma;
};

struct cv_dev {
	struct device *dev;
	unsigned int header;
};

void cv_buf_cleanup(struct cv_dev *cv, struct cv_buf *b)
{
	unsigned int i;

	dma_unmap_single(cv->dev, b->prog_dma, 64, DMA_TO_DEVICE);
	kfree(b->prog);
	for (i = 0; i < b->planes; i++)
		dma_unmap_single(cv->dev, b->plane[i].dma, b->plane[i].length + cv->header, DMA_FROM_DEVICE); //~header:dma-unmap-size dma_unmap_single(cv->dev, b->plane[i].dma, b->plane[i].length, DMA_FROM_DEVICE);
}

int cv_buf_init(struct cv_dev *cv, struct cv_buf *b)
{
	unsigned int i;

	if (b->planes > 3)
		return -EINVAL;
	b->prog = kzalloc(64, GFP_KERNEL);
	if (!b->prog)
		return -ENOMEM;
	for (i = 0; i < b->planes; i++) {
		b->plane[i].dma = dma_map_single(cv->dev, b->plane[i].vaddr, /*@keepone*/ /*@progfail*/
						 b->plane[i].length + cv->header, DMA_FROM_DEVICE);
		if (dma_mapping_error(cv->dev, b->plane[i].dma))
			goto undo;
		b->prog[i] = lower_32_bits(b->plane[i].dma);
	}
	b->prog_dma = dma_map_single(cv->dev, b->prog, 64, DMA_TO_DEVICE);
	if (dma_mapping_error(cv->dev, b->prog_dma))
		goto undo; //~progfail:dma-leak goto free;
	return 0;
undo:
	while (i-- > 0) //~keepone:dma-leak while (i-- > 1)
		dma_unmap_single(cv->dev, b->plane[i].dma, b->plane[i].length + cv->header, DMA_FROM_DEVICE);
free:
	kfree(b->prog);
	b->prog = NULL;
	return -ENOMEM;
}
