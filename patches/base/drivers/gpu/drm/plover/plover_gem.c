// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plover display: objects arrive as scatterlists of an exporter's, and the
 * translation table of the device is written segment by segment.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>

struct plover_object {
	struct device *dev;
	void __iomem *gart;
	struct sg_table *sgt;
	unsigned int first_slot;
};

static unsigned int plover_write_slots(struct plover_object *obj)
{
	unsigned int slot = obj->first_slot;
	struct scatterlist *sg;
	unsigned int i, done;

	for_each_sgtable_dma_sg(obj->sgt, sg, i) {
		for (done = 0; done < sg_dma_len(sg); done += PAGE_SIZE) {
			writeq(sg_dma_address(sg) + done,
			       (char __iomem *)obj->gart + slot * sizeof(u64));
			slot++;
		}
	}
	return slot - obj->first_slot;
}

int plover_object_bind(struct plover_object *obj)
{
	int ret;

	ret = dma_map_sgtable(obj->dev, obj->sgt, DMA_TO_DEVICE, 0);
	if (ret)
		return ret;

	if (!plover_write_slots(obj)) {
		dma_unmap_sgtable(obj->dev, obj->sgt, DMA_TO_DEVICE, 0);
		return -EINVAL;
	}
	return 0;
}

void plover_object_unbind(struct plover_object *obj)
{
	dma_unmap_sgtable(obj->dev, obj->sgt, DMA_TO_DEVICE, 0);
}
