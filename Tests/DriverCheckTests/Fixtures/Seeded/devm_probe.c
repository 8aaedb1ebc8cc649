// SPDX-License-Identifier: GPL-2.0-only
/* probe with managed memory, a streaming buffer and a deferred work, undone in remove */
#include <linux/dma-mapping.h>
#include <linux/platform_device.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>

#define DP_SIZE 2048

struct dp_priv {
	struct device *dev;
	void *buf;
	dma_addr_t dma;
	u32 *ring;
	dma_addr_t ring_dma;
};

int dp_register(struct dp_priv *);
const void *free_irq(unsigned int, void *);
bool cancel_work_sync(struct dp_priv *);
void del_timer_sync(struct dp_priv *);

static int dp_probe(struct platform_device *pdev)
{
	struct dp_priv *p;
	int err;

	p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->dev = &pdev->dev;
	p->buf = devm_kzalloc(&pdev->dev, DP_SIZE, GFP_KERNEL);
	if (!p->buf)
		return -ENOMEM;
	p->dma = dma_map_single(p->dev, p->buf, DP_SIZE, DMA_BIDIRECTIONAL); /*@kept*/ /*@rmkept*/
	if (dma_mapping_error(p->dev, p->dma))
		return -EIO;
	p->ring = dma_alloc_coherent(p->dev, PAGE_SIZE, &p->ring_dma, GFP_KERNEL); /*@ringkept*/
	if (!p->ring) {
		err = -ENOMEM;
		goto unmap; //~kept:dma-leak return err;
	}
	err = dp_register(p);
	if (err)
		goto free; //~ringkept:dma-leak goto unmap;
	platform_set_drvdata(pdev, p);
	return 0;

free:
	dma_free_coherent(p->dev, PAGE_SIZE, p->ring, p->ring_dma);
unmap:
	dma_unmap_single(p->dev, p->dma, DP_SIZE, DMA_BIDIRECTIONAL); //~udir:dma-unmap-direction dma_unmap_single(p->dev, p->dma, DP_SIZE, DMA_TO_DEVICE);
	return err;
}

static void dp_remove(struct platform_device *pdev)
{
	struct dp_priv *p = platform_get_drvdata(pdev);

	del_timer_sync(p);
	cancel_work_sync(p);
	free_irq(7, p);
	dma_free_coherent(p->dev, PAGE_SIZE, p->ring, p->ring_dma); //~cohsize:dma-unmap-size dma_free_coherent(p->dev, 2 * PAGE_SIZE, p->ring, p->ring_dma);
	dma_unmap_single(p->dev, p->dma, DP_SIZE, DMA_BIDIRECTIONAL); //~rmkept:dma-leak ;
	kfree(NULL);
}

struct platform_driver {
	int (*probe)(struct platform_device *);
	void (*remove)(struct platform_device *);
};

struct platform_driver dp_driver = {
	.probe = dp_probe,
	.remove = dp_remove,
};
