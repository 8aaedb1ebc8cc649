// SPDX-License-Identifier: GPL-2.0-only
/* one message of an I2C transfer, through a buffer that the core makes where it has to */
#include "kernel.h"
#include "subsystems.h"

struct i2c_msg { u16 addr, flags, len; u8 *buf; };
u8 *i2c_get_dma_safe_msg_buf(struct i2c_msg *, unsigned int);
void i2c_put_dma_safe_msg_buf(u8 *, struct i2c_msg *, bool);

struct ir_bus {
	struct device *dev;
	void *regs;
};

int ir_wait(struct ir_bus *bus);

int ir_read(struct ir_bus *bus, struct i2c_msg *msg)
{
	dma_addr_t dma;
	u8 *buf;
	int ret;

	buf = i2c_get_dma_safe_msg_buf(msg, 1); /*@safe*/
	if (!buf)
		return -ENOMEM;
	dma = dma_map_single(bus->dev, buf, msg->len, DMA_FROM_DEVICE);
	if (dma_mapping_error(bus->dev, dma)) {
		i2c_put_dma_safe_msg_buf(buf, msg, false); //~safe:c-memory-leak return -EIO;
		return -EIO;
	}
	writel(lower_32_bits(dma), bus->regs);
	ret = ir_wait(bus);
	dma_unmap_single(bus->dev, dma, msg->len, DMA_FROM_DEVICE); //~put:c-use-after-free i2c_put_dma_safe_msg_buf(buf, msg, !ret); dma_unmap_single(bus->dev, dma, msg->len, DMA_FROM_DEVICE); return ret;
	i2c_put_dma_safe_msg_buf(buf, msg, !ret);
	return ret;
}
