// SPDX-License-Identifier: GPL-2.0-only
// refused: line 39 tests addrs, which nothing clears: called again, grebe_close() would unmap it again
#include "../kernel.h"

struct grebe_port {
	struct device *dev;
	struct page **pages;
	dma_addr_t *addrs;
	int npages;
};

int grebe_open(struct grebe_port *port)
{
	dma_addr_t *addrs;
	int i;

	addrs = kcalloc(port->npages, sizeof(*addrs), GFP_KERNEL);
	if (!addrs)
		return -ENOMEM;
	for (i = 0; i < port->npages; i++) {
		addrs[i] = dma_map_page(port->dev, port->pages[i], 0, PAGE_SIZE,
					DMA_TO_DEVICE);
		if (dma_mapping_error(port->dev, addrs[i]))
			goto unmap;
	}
	port->addrs = addrs;
	return 0;

unmap:
	while (--i >= 0)
		dma_unmap_page(port->dev, addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
	return -ENOMEM;
}

void grebe_close(struct grebe_port *port)
{
	int i;

	if (!port->addrs)
		return;
	for (i = 0; i < port->npages; i++)
		dma_unmap_page(port->dev, port->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
}
