// SPDX-License-Identifier: GPL-2.0-only
/* a SCSI host: sense buffer and data of a command, undone when the command is done */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>

#define SH_SLOTS 4
#define SH_SENSE 96
#define SH_BUSY 0x1055
#define SH_ERROR 0x70000

struct sh_cmnd {
	unsigned char *sense_buffer;
	struct scatterlist *sgl;
	unsigned int sg_count;
	enum dma_data_direction dir;
	unsigned int tag;
	int result;
};

struct sh_sg { __le64 addr; __le32 len; __le32 flags; };

struct sh_slot {
	struct sh_cmnd *cmnd;
	dma_addr_t sense_dma;
	int mapped;
	struct sh_sg *table;
	dma_addr_t table_dma;
};

struct sh_host {
	struct device *dev;
	struct sh_slot slots[SH_SLOTS];
	void *doorbell;
};

static struct sh_slot *sh_slot(struct sh_host *host, struct sh_cmnd *cmnd)
{
	return &host->slots[cmnd->tag % SH_SLOTS];
}

static void sh_release(struct sh_host *host, struct sh_slot *slot)
{
	struct sh_cmnd *cmnd = slot->cmnd;

	dma_unmap_single(host->dev, slot->table_dma, cmnd->sg_count * sizeof(*slot->table), DMA_TO_DEVICE);
	kfree(slot->table);
	dma_unmap_sg(host->dev, cmnd->sgl, cmnd->sg_count, cmnd->dir); //~nents:dma-sg-nents dma_unmap_sg(host->dev, cmnd->sgl, slot->mapped, cmnd->dir);
	dma_unmap_single(host->dev, slot->sense_dma, SH_SENSE, DMA_FROM_DEVICE);
	slot->cmnd = NULL;
}

int sh_queuecommand(struct sh_host *host, struct sh_cmnd *cmnd);
int sh_queuecommand(struct sh_host *host, struct sh_cmnd *cmnd)
{
	struct sh_slot *slot = sh_slot(host, cmnd);
	struct scatterlist *sg;
	int i;

	if (slot->cmnd)
		return SH_BUSY;
	if (!cmnd->sg_count)
		return SH_ERROR;
	slot->sense_dma = dma_map_single(host->dev, cmnd->sense_buffer, SH_SENSE, DMA_FROM_DEVICE); /*@sensekept*/ /*@unchk*/
	if (dma_mapping_error(host->dev, slot->sense_dma)) //~unchk:dma-mapping-error-unchecked if (!slot->sense_dma)
		return SH_BUSY;
	slot->mapped = dma_map_sg(host->dev, cmnd->sgl, cmnd->sg_count, cmnd->dir); /*@sgkept*/
	if (!slot->mapped)
		goto unmap_sense; //~sensekept:dma-leak return SH_BUSY;
	slot->table = kcalloc(cmnd->sg_count, sizeof(*slot->table), GFP_ATOMIC);
	if (!slot->table)
		goto unmap_sg; //~sgkept:dma-leak goto unmap_sense;
	for_each_sg(cmnd->sgl, sg, slot->mapped, i) {
		slot->table[i].addr = cpu_to_le64(sg_dma_address(sg));
		slot->table[i].len = cpu_to_le32(sg_dma_len(sg));
	}
	slot->table_dma = dma_map_single(host->dev, slot->table, cmnd->sg_count * sizeof(*slot->table), DMA_TO_DEVICE);
	if (dma_mapping_error(host->dev, slot->table_dma)) {
		kfree(slot->table);
		goto unmap_sg;
	}
	slot->cmnd = cmnd;
	writeq(slot->table_dma, host->doorbell);
	return 0;

unmap_sg:
	dma_unmap_sg(host->dev, cmnd->sgl, cmnd->sg_count, cmnd->dir);
unmap_sense:
	dma_unmap_single(host->dev, slot->sense_dma, SH_SENSE, DMA_FROM_DEVICE);
	return SH_BUSY;
}

void sh_done(struct sh_host *host, struct sh_cmnd *cmnd);
void sh_done(struct sh_host *host, struct sh_cmnd *cmnd)
{
	sh_release(host, sh_slot(host, cmnd));
	cmnd->result = 0;
}
