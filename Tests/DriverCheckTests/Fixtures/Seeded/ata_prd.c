// SPDX-License-Identifier: GPL-2.0-only
/* an ATA controller: a table of regions, none across 64 KiB, in memory allocated at the start */
#include "kernel.h"
#include "subsystems.h"

#define AP_MAX 128
#define AP_EOT 0x80000000u

struct ap_prd {
	__le32 addr;
	__le32 flags;
};

struct ap_port {
	struct device *dev;
	struct ap_prd *prd;
	dma_addr_t prd_dma;
	void *regs;
};

struct ap_cmd {
	struct scatterlist *sg;
	unsigned int orig_n, n;
	bool write;
};

int ap_port_start(struct ap_port *ap)
{
	ap->prd = dma_alloc_coherent(ap->dev, AP_MAX * sizeof(struct ap_prd), &ap->prd_dma, GFP_KERNEL);
	return ap->prd ? 0 : -ENOMEM;
}

void ap_port_stop(struct ap_port *ap)
{
	dma_free_coherent(ap->dev, AP_MAX * sizeof(struct ap_prd), ap->prd, ap->prd_dma); //~psize:dma-unmap-size dma_free_coherent(ap->dev, AP_MAX, ap->prd, ap->prd_dma);
}

int ap_qc_map(struct ap_port *ap, struct ap_cmd *cmd)
{
	unsigned int n, i, at = 0;
	struct scatterlist *sg;

	n = dma_map_sg(ap->dev, cmd->sg, cmd->n, cmd->write ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	if (!n)
		return -EIO;
	cmd->orig_n = cmd->n;
	cmd->n = n;
	for_each_sg(cmd->sg, sg, n, i) {
		u32 addr = lower_32_bits(sg_dma_address(sg));
		u32 len = sg_dma_len(sg);

		while (len) {
			u32 part = 0x10000 - (addr & 0xffff);

			if (part > len)
				part = len;
			if (at == AP_MAX) {
				dma_unmap_sg(ap->dev, cmd->sg, cmd->orig_n,
					     cmd->write ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
				return -E2BIG;
			}
			ap->prd[at].addr = cpu_to_le32(addr);
			ap->prd[at].flags = cpu_to_le32(part & 0xffff);
			addr += part;
			len -= part;
			at++;
		}
	}
	ap->prd[at - 1].flags |= cpu_to_le32(AP_EOT);
	return 0;
}

void ap_qc_unmap(struct ap_port *ap, struct ap_cmd *cmd)
{
	dma_unmap_sg(ap->dev, cmd->sg, cmd->orig_n, cmd->write ? DMA_TO_DEVICE : DMA_FROM_DEVICE); //~mapped:dma-sg-nents dma_unmap_sg(ap->dev, cmd->sg, cmd->n, cmd->write ? DMA_TO_DEVICE : DMA_FROM_DEVICE); //~dir:dma-unmap-direction dma_unmap_sg(ap->dev, cmd->sg, cmd->orig_n, cmd->write ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
	cmd->n = cmd->orig_n;
}
