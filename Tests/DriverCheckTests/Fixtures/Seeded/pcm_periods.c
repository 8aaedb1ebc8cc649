// SPDX-License-Identifier: GPL-2.0-only
/* sound: a buffer of periods that hw_params maps one by one and hw_free unmaps */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

struct pp_period { dma_addr_t addr; u32 bytes; };

struct pp_runtime {
	struct device *dev;
	void *area;
	u32 period_bytes;
	u32 periods;
	bool capture;
	struct pp_period *table;
};

void pp_hw_free(struct pp_runtime *rt);
int pp_hw_params(struct pp_runtime *rt);

int pp_hw_params(struct pp_runtime *rt)
{
	enum dma_data_direction dir = rt->capture ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	u32 n = 0;

	if (!rt->periods || rt->periods > 32)
		return -EINVAL;
	rt->table = kcalloc(rt->periods, sizeof(*rt->table), GFP_KERNEL); /*@lost*/
	if (!rt->table)
		return -ENOMEM;
	for (n = 0; n < rt->periods; n++) { //~over:c-out-of-bounds for (n = 0; n <= rt->periods; n++) {
		void *at = (u8 *)rt->area + n * rt->period_bytes;
		dma_addr_t addr;

		addr = dma_map_single(rt->dev, at, rt->period_bytes, dir); /*@late*/ /*@tail*/
		if (dma_mapping_error(rt->dev, addr))
			goto undo; //~late:dma-leak goto free;
		rt->table[n].addr = addr; /*@over*/
		rt->table[n].bytes = rt->period_bytes;
	}
	return 0;

undo:
	while (n--)
		dma_unmap_single(rt->dev, rt->table[n].addr, rt->table[n].bytes, dir);
	goto free; //~free2:c-double-free kfree(rt->table);
free:
	kfree(rt->table); /*@free2*/ //~lost:c-memory-leak ;
	rt->table = NULL;
	return -ENOMEM;
}

void pp_hw_free(struct pp_runtime *rt)
{
	enum dma_data_direction dir = rt->capture ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	u32 n;

	for (n = 0; n < rt->periods; n++) //~tail:dma-leak for (n = 0; n + 1 < rt->periods; n++)
		dma_unmap_single(rt->dev, rt->table[n].addr, rt->table[n].bytes, dir);
	kfree(rt->table); //~uaf:c-use-after-free kfree(rt->table); rt->table[0].addr = 0;
	rt->table = NULL;
}
