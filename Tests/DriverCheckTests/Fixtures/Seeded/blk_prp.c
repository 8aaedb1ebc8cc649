// SPDX-License-Identifier: GPL-2.0-only
/* a block driver: pages of a request linked into one range, or a list of page addresses */
#include <linux/blkdev.h>
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define BP_MAX 16

struct bp_vec {
	struct page *page;
	u32 off;
	u32 len;
};

struct bp_iod {
	struct dma_iova_state state;
	unsigned int nr;
	unsigned int mapped;
	size_t total;
	u8 dir;
	dma_addr_t prp[BP_MAX];
	struct bp_vec vec[BP_MAX];
};

struct bp_dev {
	struct device *dma_dev;
};

static blk_status_t bp_setup_iova(struct bp_dev *dev, struct bp_iod *iod)
{
	size_t done = 0;
	unsigned int n;

	for (n = 0; n < iod->nr; n++) {
		if (dma_iova_link(dev->dma_dev, &iod->state, page_to_phys(iod->vec[n].page), done, PAGE_SIZE, iod->dir, 0)) /*@nosync*/
			goto out_destroy;
		iod->prp[n] = iod->state.addr + done;
		done += PAGE_SIZE;
	}
	if (dma_iova_sync(dev->dma_dev, &iod->state, 0, done)) //~nosync:iova-missing-sync if (0) //~toolong:iova-sync-outside-linked if (dma_iova_sync(dev->dma_dev, &iod->state, 0, done + PAGE_SIZE))
		goto out_destroy;
	iod->total = done;
	return BLK_STS_OK;

out_destroy:
	dma_iova_destroy(dev->dma_dev, &iod->state, done, iod->dir, 0); //~undo:iova-leak ; //~undodir:iova-unlink-mismatch dma_iova_destroy(dev->dma_dev, &iod->state, done, DMA_NONE, 0); //~undolen:iova-destroy-length dma_iova_destroy(dev->dma_dev, &iod->state, done + PAGE_SIZE, iod->dir, 0);
	return BLK_STS_IOERR;
}

static blk_status_t bp_setup_prp(struct bp_dev *dev, struct bp_iod *iod)
{
	while (iod->mapped < iod->nr) {
		struct bp_vec *v = &iod->vec[iod->mapped];
		dma_addr_t addr = dma_map_page(dev->dma_dev, v->page, v->off, v->len, iod->dir); /*@left*/

		if (dma_mapping_error(dev->dma_dev, addr))
			goto unmap;
		iod->prp[iod->mapped++] = addr;
	}
	return BLK_STS_OK;
unmap:
	while (iod->mapped) { //~left:dma-leak while (iod->mapped > 1) {
		iod->mapped--;
		dma_unmap_page(dev->dma_dev, iod->prp[iod->mapped], iod->vec[iod->mapped].len, iod->dir);
	}
	return BLK_STS_RESOURCE;
}

static void bp_unmap_data(struct bp_dev *dev, struct bp_iod *iod)
{
	unsigned int n;

	if (dma_use_iova(&iod->state)) { //~mixed:iova-mixed-unmap if (iod->nr > BP_MAX) {
		dma_iova_destroy(dev->dma_dev, &iod->state, iod->total, iod->dir, 0); //~short:iova-destroy-length dma_iova_destroy(dev->dma_dev, &iod->state, iod->total - PAGE_SIZE, iod->dir, 0);
		return;
	}
	for (n = 0; n < iod->nr; n++)
		dma_unmap_page(dev->dma_dev, iod->prp[n], iod->vec[n].len, iod->dir); /*@mixed*/ //~prpsize:dma-unmap-size dma_unmap_page(dev->dma_dev, iod->prp[n], iod->vec[n].len + iod->vec[n].off, iod->dir);
}

blk_status_t bp_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
blk_status_t bp_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct bp_dev *dev = hctx->driver_data;
	struct bp_iod *iod = blk_mq_rq_to_pdu(bd->rq);

	if (!iod->nr || iod->nr > BP_MAX)
		return BLK_STS_NOTSUPP;
	iod->mapped = 0;
	if (dma_iova_try_alloc(dev->dma_dev, &iod->state, 0, (size_t)iod->nr * PAGE_SIZE)) /*@undo*/
		return bp_setup_iova(dev, iod);
	return bp_setup_prp(dev, iod);
}

void bp_complete_rq(struct blk_mq_hw_ctx *hctx, struct request *rq);
void bp_complete_rq(struct blk_mq_hw_ctx *hctx, struct request *rq)
{
	bp_unmap_data(hctx->driver_data, blk_mq_rq_to_pdu(rq));
}
