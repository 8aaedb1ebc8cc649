// SPDX-License-Identifier: GPL-2.0-only
/* What a driver has behind one of the kernel's structs is zero at first, whoever made that. */
#include "kernel.h"
#include "owners.h"
#include "areas.h"

struct own { u32 depth; u64 *pool; dma_addr_t dma; u8 *page; };

static int own_start(struct device *dev, struct own *own)
{
	if (own->depth) {
		own->pool = dma_alloc_coherent(dev, 1024, &own->dma, GFP_KERNEL); // not dma-leak
		if (!own->pool)
			return -ENOMEM;
	}
	own->page = kmalloc(4096, GFP_KERNEL);
	return own->page ? 0 : -ENOMEM;
}

int net_probe(struct device *dev)
{
	struct net_device *made = alloc_netdev_mqs(sizeof(struct own), "net", 0, NULL, 1, 1);

	return made ? own_start(dev, (struct own *)made->priv) : -ENOMEM;
}

int ether_probe(struct device *dev)
{
	struct net_device *made = alloc_etherdev_mqs(sizeof(struct own), 1, 1);

	return made ? own_start(dev, (struct own *)made->priv) : -ENOMEM;
}

int managed_ether_probe(struct device *dev)
{
	struct net_device *made = devm_alloc_etherdev_mqs(NULL, sizeof(struct own), 1, 1);

	return made ? own_start(dev, (struct own *)made->priv) : -ENOMEM;
}

int disk_probe(struct device *dev)
{
	struct Scsi_Host *made = scsi_host_alloc(NULL, sizeof(struct own));

	return made ? own_start(dev, (struct own *)made->hostdata) : -ENOMEM;
}

int card_probe(struct device *dev)
{
	struct mmc_host *made = mmc_alloc_host(sizeof(struct own), NULL);

	return made ? own_start(dev, (struct own *)made->private) : -ENOMEM;
}

int managed_card_probe(struct device *dev)
{
	struct mmc_host *made = devm_mmc_alloc_host(NULL, sizeof(struct own));

	return made ? own_start(dev, (struct own *)made->private) : -ENOMEM;
}
