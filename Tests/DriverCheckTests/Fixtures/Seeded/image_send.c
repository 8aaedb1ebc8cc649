// SPDX-License-Identifier: GPL-2.0-only
/* images and buffers that may come from vmalloc(), and are copied to where a device reaches them */
#include "kernel.h"

struct firmware { size_t size; const u8 *data; void *priv; };
bool is_vmalloc_addr(const void *);

struct sender {
	struct device *dev;
	void *regs;
	void *bounce;
	u64 *table;
	dma_addr_t table_dma;
	size_t table_bytes;
};

int sender_wait(struct sender *s);

int sender_load(struct sender *s, const struct firmware *fw)
{
	void *copy = kmalloc(4096, GFP_KERNEL);
	dma_addr_t dma;
	int ret;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, fw->data, 64);
	dma = dma_map_single(s->dev, copy, 64, DMA_TO_DEVICE); //~image:dma-map-vmalloc dma = dma_map_single(s->dev, (void *)fw->data, 64, DMA_TO_DEVICE);
	ret = dma_mapping_error(s->dev, dma);
	if (ret)
		goto free;
	writeq(dma, s->regs);
	ret = sender_wait(s);
	dma_unmap_single(s->dev, dma, 64, DMA_TO_DEVICE);
free:
	kfree(copy);
	return ret;
}

int sender_send(struct sender *s, void *data)
{
	void *from = data;
	dma_addr_t dma;
	int ret;

	if (is_vmalloc_addr(data)) {
		from = s->bounce; //~far:dma-map-vmalloc ((u8 *)s->bounce)[0] = 0;
		memcpy(from, data, 64);
	}
	dma = dma_map_single(s->dev, from, 64, DMA_TO_DEVICE); /*@far*/
	if (dma_mapping_error(s->dev, dma))
		return -EIO;
	writeq(dma, s->regs);
	ret = sender_wait(s);
	dma_unmap_single(s->dev, dma, 64, DMA_TO_DEVICE);
	return ret;
}

int sender_table(struct sender *s, unsigned int entries)
{
	if (!entries || entries > 512) //~none:c-out-of-bounds if (entries > 512)
		return -EINVAL;
	s->table_bytes = entries * sizeof(*s->table);
	s->table = kcalloc(entries, sizeof(*s->table), GFP_KERNEL);
	if (!s->table)
		return -ENOMEM;
	s->table[0] = 1; /*@none*/
	s->table_dma = dma_map_single(s->dev, s->table, s->table_bytes, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, s->table_dma)) {
		kfree(s->table);
		s->table = NULL;
		return -EIO;
	}
	return 0;
}

void sender_untable(struct sender *s)
{
	dma_unmap_single(s->dev, s->table_dma, s->table_bytes, DMA_TO_DEVICE);
	kfree(s->table);
	s->table = NULL;
}
