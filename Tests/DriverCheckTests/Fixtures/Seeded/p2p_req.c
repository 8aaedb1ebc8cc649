// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>

struct pr_seg {
	dma_addr_t addr;
	u32 len;
	bool bus;
};

struct pr_req {
	struct device *dev;
	enum dma_data_direction dir;
	struct pr_seg segs[4];
	int nsegs;
};

static int pr_map_one(struct pr_req *r, struct pci_p2pdma_map_state *p2p, struct page *page, struct pr_seg *seg)
{
	seg->bus = false;
	switch (pci_p2pdma_state(p2p, r->dev, page)) { /*@uninit*/
	case PCI_P2PDMA_MAP_BUS_ADDR:
		seg->addr = pci_p2pdma_bus_addr_map(p2p, page_to_phys(page));
		seg->len = PAGE_SIZE;
		seg->bus = true; //~busunmap:p2p-bus-addr-unmapped ;
		return 0;
	case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
	case PCI_P2PDMA_MAP_NONE:
		break;
	default: //~unhandled:p2p-type-unhandled case PCI_P2PDMA_MAP_UNKNOWN:
		return -EREMOTEIO;
	}
	seg->addr = dma_map_page(r->dev, page, 0, PAGE_SIZE, r->dir); /*@unhandled*/
	if (dma_mapping_error(r->dev, seg->addr))
		return -ENOMEM;
	seg->len = PAGE_SIZE;
	return 0;
}

static void pr_unmap_one(struct pr_req *r, struct pr_seg *seg)
{
	if (seg->bus)
		return;
	dma_unmap_page(r->dev, seg->addr, seg->len, r->dir); /*@busunmap*/
}

int pr_map(struct pr_req *r, struct page **pages, int n);
int pr_map(struct pr_req *r, struct page **pages, int n)
{
	struct pci_p2pdma_map_state p2p = {}; //~uninit:p2p-state-uninitialised struct pci_p2pdma_map_state p2p;
	int i, ret;

	if (n > ARRAY_SIZE(r->segs))
		return -E2BIG;
	for (i = 0; i < n; i++) {
		ret = pr_map_one(r, &p2p, pages[i], &r->segs[i]);
		if (ret)
			goto undo;
	}
	r->nsegs = n;
	return 0;
undo:
	while (--i >= 0)
		pr_unmap_one(r, &r->segs[i]);
	return ret;
}

void pr_unmap(struct pr_req *r);
void pr_unmap(struct pr_req *r)
{
	while (r->nsegs > 0)
		pr_unmap_one(r, &r->segs[--r->nsegs]);
}
