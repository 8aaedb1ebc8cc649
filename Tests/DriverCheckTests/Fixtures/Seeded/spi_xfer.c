// SPDX-License-Identifier: GPL-2.0-only
/* a controller with transmit and receive buffers that may be absent, unwound inline */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct sx_transfer {
	const void *tx_buf;
	void *rx_buf;
	unsigned int len;
	dma_addr_t tx_dma;
	dma_addr_t rx_dma;
};

struct sx_master {
	struct device *dev;
	void *bounce;
};

int sx_prepare(struct sx_master *m, struct sx_transfer *t);
int sx_prepare(struct sx_master *m, struct sx_transfer *t)
{
	t->tx_dma = t->rx_dma = 0;
	if (t->tx_buf) {
		t->tx_dma = dma_map_single(m->dev, (void *)t->tx_buf, t->len, DMA_TO_DEVICE); /*@txleft*/ /*@txunchk*/
		if (dma_mapping_error(m->dev, t->tx_dma)) //~txunchk:dma-mapping-error-unchecked if (t->tx_dma == 0)
			return -ENOMEM;
	}
	if (t->rx_buf) {
		t->rx_dma = dma_map_single(m->dev, t->rx_buf, t->len, DMA_FROM_DEVICE);
		if (dma_mapping_error(m->dev, t->rx_dma)) {
			if (t->tx_buf)
				dma_unmap_single(m->dev, t->tx_dma, t->len, DMA_TO_DEVICE); //~txleft:dma-leak ; //~txas:dma-unmap-unknown dma_unmap_single(m->dev, t->rx_dma, t->len, DMA_TO_DEVICE);
			return -ENOMEM;
		}
	}
	return 0;
}

void sx_unprepare(struct sx_master *m, struct sx_transfer *t);
void sx_unprepare(struct sx_master *m, struct sx_transfer *t)
{
	if (t->rx_buf)
		dma_unmap_single(m->dev, t->rx_dma, t->len, DMA_FROM_DEVICE); //~swap:dma-unmap-direction dma_unmap_single(m->dev, t->rx_dma, t->len, DMA_TO_DEVICE);
	if (t->tx_buf)
		dma_unmap_single(m->dev, t->tx_dma, t->len, DMA_TO_DEVICE);
}

int sx_command(struct sx_master *m, u8 op);
int sx_command(struct sx_master *m, u8 op)
{
	u8 *cmd;
	dma_addr_t dma;
	int ret = 0;

	cmd = kmalloc(16, GFP_KERNEL); /*@cmdlost*/ //~stack:dma-map-stack u8 words[16]; cmd = words; //~oom:c-null-dereference cmd = kmalloc(16, GFP_KERNEL); if (0)
	if (!cmd)
		return -ENOMEM;
	cmd[0] = op; /*@oom*/
	dma = dma_map_single(m->dev, cmd, 16, DMA_TO_DEVICE); /*@stack*/
	if (dma_mapping_error(m->dev, dma)) {
		ret = -EIO;
		goto out; //~cmdlost:c-memory-leak return ret;
	}
	writel(lower_32_bits(dma), m->bounce);
	dma_unmap_single(m->dev, dma, 16, DMA_TO_DEVICE);
out:
	kfree(cmd);
	return ret;
}
