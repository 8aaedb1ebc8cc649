// SPDX-License-Identifier: GPL-2.0-only
/* a ring of descriptors with an indirect table for requests of several parts */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>

#define VR_NUM 16
#define VR_NEXT 1
#define VR_INDIRECT 4

struct vr_desc { __le64 addr; __le32 len; u16 flags, next; };
struct vr_state { void *data; struct vr_desc *indirect; };

struct vr_queue {
	struct device *dev;
	struct vr_desc desc[VR_NUM];
	struct vr_state state[VR_NUM];
	u16 free_head;
	u16 num_free;
};

int vr_add(struct vr_queue *vq, struct scatterlist **sgs, unsigned int out, unsigned int in, void *data);
int vr_add(struct vr_queue *vq, struct scatterlist **sgs, unsigned int out, unsigned int in, void *data)
{
	unsigned int total = out + in, n;
	struct vr_desc *table;
	dma_addr_t addr;
	u16 head = vq->free_head % VR_NUM;

	if (!total || total > 8)
		return -EINVAL;
	table = kcalloc(total, sizeof(*table), GFP_ATOMIC); /*@lost*/
	if (!table)
		return -ENOMEM;
	for (n = 0; n < total; n++) {
		struct scatterlist *sg = sgs[n];
		enum dma_data_direction dir = n < out ? DMA_TO_DEVICE : DMA_FROM_DEVICE;

		addr = dma_map_page(vq->dev, (struct page *)(sg->page_link & ~3UL), sg->offset, sg->length, dir); /*@unchk*/ /*@first*/
		if (dma_mapping_error(vq->dev, addr)) //~unchk:dma-mapping-error-unchecked if (!addr)
			goto unmap;
		table[n].addr = cpu_to_le64(addr);
		table[n].len = cpu_to_le32(sg->length);
		table[n].flags = n < out ? 0 : 2;
	}
	addr = dma_map_single(vq->dev, table, total * sizeof(*table), DMA_TO_DEVICE);
	if (dma_mapping_error(vq->dev, addr))
		goto unmap;
	vq->desc[head].addr = cpu_to_le64(addr);
	vq->desc[head].len = cpu_to_le32(total * sizeof(*table));
	vq->desc[head].flags = VR_INDIRECT;
	vq->state[head].data = data;
	vq->state[head].indirect = table;
	return 0;

unmap:
	while (n--) //~first:dma-leak while (n > 1 && n--)
		dma_unmap_page(vq->dev, le64_to_cpu(table[n].addr), le32_to_cpu(table[n].len), table[n].flags & 2 ? DMA_FROM_DEVICE : DMA_TO_DEVICE); //~dir:dma-unmap-direction dma_unmap_page(vq->dev, le64_to_cpu(table[n].addr), le32_to_cpu(table[n].len), DMA_TO_DEVICE);
	kfree(table); //~lost:c-memory-leak ;
	return -ENOMEM;
}

void vr_detach(struct vr_queue *vq);
void vr_detach(struct vr_queue *vq)
{
	u16 head = vq->free_head % VR_NUM;
	struct vr_desc *table = vq->state[head].indirect;
	unsigned int n, total = le32_to_cpu(vq->desc[head].len) / sizeof(*table);

	dma_unmap_single(vq->dev, le64_to_cpu(vq->desc[head].addr), le32_to_cpu(vq->desc[head].len), DMA_TO_DEVICE);
	for (n = 0; n < total; n++)
		dma_unmap_page(vq->dev, le64_to_cpu(table[n].addr), le32_to_cpu(table[n].len), table[n].flags & 2 ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
	kfree(table);
	vq->state[head].indirect = NULL;
}
