// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shrike storage target: a command buffer and the pages of its payload.
 */
#include <linux/slab.h>
#include <rdma/ib_verbs.h>

#define SHRIKE_CMD_SIZE		512
#define SHRIKE_MAX_PAGES	32

struct shrike_io {
	struct ib_device *ibdev;
	void *cmd;
	u64 cmd_dma;
	struct page **pages;
	unsigned int npages;
	u64 page_dma[SHRIKE_MAX_PAGES];
};

static int shrike_map_payload(struct shrike_io *io)
{
	unsigned int i;

	for (i = 0; i < io->npages; i++) {
		io->page_dma[i] = ib_dma_map_page(io->ibdev, io->pages[i], 0,
						  PAGE_SIZE, DMA_TO_DEVICE);
		if (ib_dma_mapping_error(io->ibdev, io->page_dma[i]))
			goto err;
	}
	return 0;

err:
	while (i--)
		ib_dma_unmap_page(io->ibdev, io->page_dma[i], PAGE_SIZE,
				  DMA_TO_DEVICE);
	return -ENOMEM;
}

int shrike_io_prepare(struct shrike_io *io)
{
	int ret;

	if (io->npages > SHRIKE_MAX_PAGES)
		return -EINVAL;

	io->cmd = kzalloc(SHRIKE_CMD_SIZE, GFP_KERNEL);
	if (!io->cmd)
		return -ENOMEM;

	io->cmd_dma = ib_dma_map_single(io->ibdev, io->cmd, SHRIKE_CMD_SIZE,
					DMA_TO_DEVICE);
	if (ib_dma_mapping_error(io->ibdev, io->cmd_dma)) {
		ret = -ENOMEM;
		goto err_free;
	}

	ret = shrike_map_payload(io);
	if (ret)
		goto err_unmap;
	return 0;

err_unmap:
	ib_dma_unmap_single(io->ibdev, io->cmd_dma, SHRIKE_CMD_SIZE,
			    DMA_TO_DEVICE);
err_free:
	kfree(io->cmd);
	io->cmd = NULL;
	return ret;
}

void shrike_io_release(struct shrike_io *io)
{
	unsigned int i;

	for (i = 0; i < io->npages; i++)
		ib_dma_unmap_page(io->ibdev, io->page_dma[i], PAGE_SIZE,
				  DMA_TO_DEVICE);
	ib_dma_unmap_single(io->ibdev, io->cmd_dma, SHRIKE_CMD_SIZE,
			    DMA_TO_DEVICE);
	kfree(io->cmd);
	io->cmd = NULL;
}
