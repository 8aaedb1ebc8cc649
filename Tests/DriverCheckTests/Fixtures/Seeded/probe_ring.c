// SPDX-License-Identifier: GPL-2.0-only
/* a platform device: managed memory, a ring of buffers, a ladder of labels */
#include <linux/dma-mapping.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#define PR_SLOTS 4
#define PR_SIZE 2048

struct pp_slot {
	u8 *buf;
	dma_addr_t dma;
};

struct pp_dev {
	struct device *dev;
	struct pp_slot slot[PR_SLOTS];
	__le64 *ring;
	dma_addr_t ring_dma;
	u8 *status;
	dma_addr_t status_dma;
};

static int pp_map_slots(struct pp_dev *pp)
{
	int i;

	for (i = 0; i < PR_SLOTS; i++) { //~past:c-out-of-bounds for (i = 0; i <= PR_SLOTS; i++) {
		struct pp_slot *s = &pp->slot[i]; /*@past*/

		s->buf = devm_kzalloc(pp->dev, PR_SIZE, GFP_KERNEL);
		if (!s->buf)
			goto unwind;
		s->dma = dma_map_single(pp->dev, s->buf, PR_SIZE, DMA_FROM_DEVICE); /*@zeroth*/ /*@noremove*/
		if (dma_mapping_error(pp->dev, s->dma))
			goto unwind;
		pp->ring[i] = cpu_to_le64(s->dma);
	}
	return 0;

unwind:
	for (i = i - 1; i >= 0; i--) //~zeroth:dma-leak for (i = i - 1; i > 0; i--) //~bad:dma-unmap-unknown for (; i >= 0; i--)
		dma_unmap_single(pp->dev, pp->slot[i].dma, PR_SIZE, DMA_FROM_DEVICE); /*@bad*/
	return -ENOMEM;
}

static void pp_unmap_slots(struct pp_dev *pp)
{
	struct pp_slot *s;

	for (s = pp->slot; s < pp->slot + PR_SLOTS; s++)
		dma_unmap_single(pp->dev, s->dma, PR_SIZE, DMA_FROM_DEVICE); //~both:dma-unmap-direction dma_unmap_single(pp->dev, s->dma, PR_SIZE, DMA_BIDIRECTIONAL);
}

int pp_probe(struct platform_device *pdev);
int pp_probe(struct platform_device *pdev)
{
	struct pp_dev *pp;
	int ret;

	pp = devm_kzalloc(&pdev->dev, sizeof(*pp), GFP_KERNEL);
	if (!pp)
		return -ENOMEM;
	pp->dev = &pdev->dev;
	ret = dma_set_mask_and_coherent(pp->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	pp->ring = dma_alloc_coherent(pp->dev, PAGE_SIZE, &pp->ring_dma, GFP_KERNEL);
	if (!pp->ring)
		return -ENOMEM;
	pp->status = devm_kzalloc(pp->dev, 64, GFP_KERNEL);
	if (!pp->status) {
		ret = -ENOMEM;
		goto free_ring;
	}
	pp->status_dma = dma_map_single(pp->dev, pp->status, 64, DMA_BIDIRECTIONAL); /*@rung*/
	ret = dma_mapping_error(pp->dev, pp->status_dma);
	if (ret)
		goto free_ring;
	ret = pp_map_slots(pp);
	if (ret)
		goto unmap_status; //~rung:dma-leak goto free_ring;
	platform_set_drvdata(pdev, pp);
	return 0;

unmap_status:
	dma_unmap_single(pp->dev, pp->status_dma, 64, DMA_BIDIRECTIONAL);
free_ring:
	dma_free_coherent(pp->dev, PAGE_SIZE, pp->ring, pp->ring_dma);
	return ret;
}

void pp_remove(struct platform_device *pdev);
void pp_remove(struct platform_device *pdev)
{
	struct pp_dev *pp = platform_get_drvdata(pdev);

	pp_unmap_slots(pp); //~noremove:dma-leak ;
	dma_unmap_single(pp->dev, pp->status_dma, 64, DMA_BIDIRECTIONAL); //~twice:dma-double-unmap dma_unmap_single(pp->dev, pp->status_dma, 64, DMA_BIDIRECTIONAL); dma_unmap_single(pp->dev, pp->status_dma, 64, DMA_BIDIRECTIONAL);
	dma_free_coherent(pp->dev, PAGE_SIZE, pp->ring, pp->ring_dma);
}
