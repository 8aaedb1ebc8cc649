// SPDX-License-Identifier: GPL-2.0-only
/* an accelerator: an ioctl pins user memory and links it, release() undoes it */
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>

struct ip_args {
	u64 addr;
	u32 npages;
};

struct ip_dev {
	struct device *dev;
};

struct ip_ctx {
	struct ip_dev *idev;
	struct page **pages;
	u32 npages;
	struct dma_iova_state iova;
	dma_addr_t *list;
};

static int ip_link_all(struct ip_ctx *ctx)
{
	struct device *dev = ctx->idev->dev;
	u32 i;
	int ret;

	for (i = 0; i != ctx->npages; ++i) {
		ret = dma_iova_link(dev, &ctx->iova, page_to_phys(ctx->pages[i]), (size_t)i << PAGE_SHIFT, PAGE_SIZE, DMA_BIDIRECTIONAL, 0); /*@ign*/ //~oob:iova-link-out-of-bounds ret = dma_iova_link(dev, &ctx->iova, page_to_phys(ctx->pages[i]), (size_t)(i + 1) << PAGE_SHIFT, PAGE_SIZE, DMA_BIDIRECTIONAL, 0); //~over:iova-link-overlap ret = dma_iova_link(dev, &ctx->iova, page_to_phys(ctx->pages[i]), (size_t)(i / 2) << PAGE_SHIFT, PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
		if (ret) //~ign:iova-error-ignored if (ret > 0)
			goto err_unlink;
	}
	ret = dma_iova_sync(dev, &ctx->iova, 0, (size_t)ctx->npages << PAGE_SHIFT);
	if (ret)
		goto err_unlink;
	return 0;

err_unlink:
	if (i)
		dma_iova_unlink(dev, &ctx->iova, 0, (size_t)i << PAGE_SHIFT, DMA_BIDIRECTIONAL, 0); //~unlinked:iova-range-leak ; //~unlen:iova-unlink-mismatch dma_iova_unlink(dev, &ctx->iova, 0, (size_t)(i + 1) << PAGE_SHIFT, DMA_BIDIRECTIONAL, 0); //~undir:iova-unlink-mismatch dma_iova_unlink(dev, &ctx->iova, 0, (size_t)i << PAGE_SHIFT, DMA_TO_DEVICE, 0);
	dma_iova_free(dev, &ctx->iova); /*@unlinked*/ //~kept:iova-leak ;
	return ret;
}

static int ip_map_each(struct ip_ctx *ctx)
{
	struct device *dev = ctx->idev->dev;
	u32 i;

	ctx->list = kvcalloc(ctx->npages, sizeof(*ctx->list), GFP_KERNEL); /*@listlost*/ //~small:c-out-of-bounds ctx->list = kvcalloc(ctx->npages, sizeof(u32), GFP_KERNEL);
	if (!ctx->list)
		return -ENOMEM;
	for (i = 0; i < ctx->npages; i++) {
		ctx->list[i] = dma_map_page(dev, ctx->pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL); /*@first*/ /*@small*/
		if (dma_mapping_error(dev, ctx->list[i]))
			goto err_unmap;
	}
	return 0;

err_unmap:
	while (i-- > 0) //~first:dma-leak while (i-- > 1)
		dma_unmap_page(dev, ctx->list[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
	kvfree(ctx->list); //~listlost:c-memory-leak ;
	ctx->list = NULL;
	return -EFAULT;
}

static void ip_unmap(struct ip_ctx *ctx)
{
	struct device *dev = ctx->idev->dev;
	u32 i;

	if (dma_use_iova(&ctx->iova)) {
		dma_iova_destroy(dev, &ctx->iova, (size_t)ctx->npages * PAGE_SIZE, DMA_BIDIRECTIONAL, 0); //~desdir:iova-unlink-mismatch dma_iova_destroy(dev, &ctx->iova, (size_t)ctx->npages * PAGE_SIZE, DMA_FROM_DEVICE, 0);
	} else {
		for (i = 0; i < ctx->npages; i++)
			dma_unmap_page(dev, ctx->list[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
		kvfree(ctx->list);
	}
}

static long ip_map_user(struct ip_ctx *ctx, struct ip_args *args)
{
	int got, ret;

	if (ctx->npages)
		return -EBUSY;
	if (!args->npages || args->npages > 1024)
		return -EINVAL;
	ctx->pages = kvcalloc(args->npages, sizeof(*ctx->pages), GFP_KERNEL);
	if (!ctx->pages)
		return -ENOMEM;
	got = pin_user_pages_fast(args->addr, args->npages, FOLL_WRITE, ctx->pages);
	if (got != args->npages) {
		ret = got < 0 ? got : -EFAULT;
		if (got > 0)
			unpin_user_pages(ctx->pages, got);
		goto err_free;
	}
	ctx->npages = args->npages;
	if (dma_iova_try_alloc(ctx->idev->dev, &ctx->iova, 0, (size_t)args->npages << PAGE_SHIFT)) /*@kept*/
		ret = ip_link_all(ctx);
	else
		ret = ip_map_each(ctx);
	if (!ret)
		return 0;
	ctx->npages = 0;
	unpin_user_pages(ctx->pages, args->npages);
err_free:
	kvfree(ctx->pages);
	ctx->pages = NULL;
	return ret;
}

long ip_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);
long ip_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct ip_ctx *ctx = filp->private_data;
	struct ip_args args;

	if (copy_from_user(&args, (void *)arg, sizeof(args)))
		return -EFAULT;
	switch (cmd) {
	case 0x4010:
		return ip_map_user(ctx, &args);
	default:
		return -ENOTTY;
	}
}

int ip_release(struct inode *inode, struct file *filp);
int ip_release(struct inode *inode, struct file *filp)
{
	struct ip_ctx *ctx = filp->private_data;

	if (ctx->npages) {
		ip_unmap(ctx);
		unpin_user_pages(ctx->pages, ctx->npages);
		kvfree(ctx->pages);
	}
	kfree(ctx);
	return 0;
}
