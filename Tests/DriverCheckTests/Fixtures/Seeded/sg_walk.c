// SPDX-License-Identifier: GPL-2.0-only
/* lists for an engine's own descriptors and for another engine; an answer in place of the question */
#include "kernel.h"
#include "subsystems.h"

struct dma_chan;
void *dmaengine_prep_slave_sg(struct dma_chan *, struct scatterlist *, unsigned int, int, u64);
unsigned long wait_for_completion_timeout(void *, unsigned long);

struct sw_engine {
	struct device *dev;
	void *regs;
	struct dma_chan *chan;
	int done;
};

int sw_send(struct sw_engine *e, struct scatterlist *sgl, int nents)
{
	struct scatterlist *sg;
	int mapped, i;

	mapped = dma_map_sg(e->dev, sgl, nents, DMA_TO_DEVICE);
	if (!mapped)
		return -EIO;
	for_each_sg(sgl, sg, mapped, i) { //~walk:dma-sg-nents for_each_sg(sgl, sg, nents, i) {
		writeq(sg_dma_address(sg), e->regs); /*@walk*/
		writel(sg_dma_len(sg), e->regs + 8);
	}
	i = wait_for_completion_timeout(&e->done, 100) ? 0 : -EIO;
	dma_unmap_sg(e->dev, sgl, nents, DMA_TO_DEVICE);
	return i;
}

int sw_receive(struct sw_engine *e, struct scatterlist *sgl, int nents)
{
	int mapped, ret = -ENOMEM;

	mapped = dma_map_sg(e->dev, sgl, nents, DMA_FROM_DEVICE);
	if (!mapped)
		return -EIO;
	if (!dmaengine_prep_slave_sg(e->chan, sgl, mapped, 2, 0)) //~given:dma-sg-nents if (!dmaengine_prep_slave_sg(e->chan, sgl, nents, 2, 0))
		goto unmap;
	ret = wait_for_completion_timeout(&e->done, 100) ? 0 : -EIO;
unmap:
	dma_unmap_sg(e->dev, sgl, nents, DMA_FROM_DEVICE);
	return ret;
}

int sw_ask(struct sw_engine *e, u32 *words)
{
	dma_addr_t dma = dma_map_single(e->dev, words, 64, DMA_BIDIRECTIONAL);
	u32 answer = 0;

	if (dma_mapping_error(e->dev, dma))
		return -EIO;
	writel(lower_32_bits(dma), e->regs);
	if (wait_for_completion_timeout(&e->done, 100))
		answer = 1; //~early:coherency-missing-sync answer = words[0];
	dma_unmap_single(e->dev, dma, 64, DMA_BIDIRECTIONAL);
	return answer ? 0 : -EIO;
}
