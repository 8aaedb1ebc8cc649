// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define FW_BYTES 8192

struct fw_dev {
	struct device *dev;
	struct fw_image *image;
	void *regs;
};

struct fw_image {
	void *text;
	dma_addr_t addr;
	size_t bytes;
};

static const char banner[16] = "loader";

/* The image, or an error pointer. */
static struct fw_image *fw_image_get(size_t bytes)
{
	struct fw_image *image = kzalloc(sizeof(*image), GFP_KERNEL);

	if (!image)
		return ERR_PTR(-ENOMEM);
	image->bytes = bytes;
	image->text = kmalloc(bytes, GFP_KERNEL); //~vmem:dma-map-vmalloc image->text = vmalloc(bytes);
	if (!image->text) {
		kfree(image);
		return ERR_PTR(-ENOMEM);
	}
	return image;
}

static void fw_image_put(struct fw_image *image)
{
	kfree(image->text);
	kfree(image);
}

int fw_load(struct fw_dev *fw)
{
	struct fw_image *image = fw_image_get(FW_BYTES);

	if ((unsigned long)image >= (unsigned long)-4095) //~wild:c-wild-dereference if (!image)
		return -ENOMEM;
	memcpy(image->text, banner, sizeof(banner)); /*@wild*/
	image->addr = dma_map_single(fw->dev, image->text, image->bytes, DMA_TO_DEVICE); /*@vmem*/ //~none:dma-map-invalid image->addr = dma_map_single(fw->dev, image->text, image->bytes, DMA_NONE); //~empty:dma-zero-length image->addr = dma_map_single(fw->dev, image->text, 0, DMA_TO_DEVICE);
	if (dma_mapping_error(fw->dev, image->addr)) {
		fw_image_put(image);
		return -EIO;
	}
	fw->image = image;
	writeq(image->addr, fw->regs);
	return 0;
}

void fw_unload(struct fw_dev *fw)
{
	struct fw_image *image = fw->image;

	dma_unmap_single(fw->dev, image->addr, image->bytes, DMA_TO_DEVICE); //~kind:dma-unmap-type dma_unmap_resource(fw->dev, image->addr, image->bytes, DMA_TO_DEVICE, 0);
	fw_image_put(image);
	fw->image = NULL;
}
