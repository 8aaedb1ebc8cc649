// SPDX-License-Identifier: GPL-2.0-only
/* a host controller's urbs: setup packet and buffer, flags say what is mapped */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>

#define UU_SETUP_MAPPED 1
#define UU_DATA_MAPPED 2
#define UU_BOUNCED 4

struct uu_urb {
	void *setup_packet;
	dma_addr_t setup_dma;
	void *transfer_buffer;
	dma_addr_t transfer_dma;
	u32 transfer_buffer_length;
	u32 transfer_flags;
	bool is_in;
	void *bounce;
};

struct uu_hcd { struct device *dev; };

static enum dma_data_direction uu_dir(struct uu_urb *urb)
{
	return urb->is_in ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
}

void uu_unmap_urb(struct uu_hcd *hcd, struct uu_urb *urb);
void uu_unmap_urb(struct uu_hcd *hcd, struct uu_urb *urb)
{
	if (urb->transfer_flags & UU_DATA_MAPPED)
		dma_unmap_single(hcd->dev, urb->transfer_dma, urb->transfer_buffer_length, uu_dir(urb)); //~dir:dma-unmap-direction dma_unmap_single(hcd->dev, urb->transfer_dma, urb->transfer_buffer_length, urb->is_in ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	if (urb->transfer_flags & UU_BOUNCED) {
		if (urb->is_in)
			memcpy(urb->transfer_buffer, urb->bounce, urb->transfer_buffer_length);
		kfree(urb->bounce);
		urb->bounce = NULL;
	}
	if (urb->transfer_flags & UU_SETUP_MAPPED)
		dma_unmap_single(hcd->dev, urb->setup_dma, 8, DMA_TO_DEVICE); //~setupsize:dma-unmap-size dma_unmap_single(hcd->dev, urb->setup_dma, sizeof(urb->setup_packet) * 2, DMA_TO_DEVICE);
	urb->transfer_flags = 0;
}

int uu_map_urb(struct uu_hcd *hcd, struct uu_urb *urb, bool aligned);
int uu_map_urb(struct uu_hcd *hcd, struct uu_urb *urb, bool aligned)
{
	void *buffer = urb->transfer_buffer;

	urb->transfer_flags = 0;
	if (urb->setup_packet) {
		urb->setup_dma = dma_map_single(hcd->dev, urb->setup_packet, 8, DMA_TO_DEVICE); /*@kept*/ /*@oomkept*/
		if (dma_mapping_error(hcd->dev, urb->setup_dma))
			return -EIO;
		urb->transfer_flags |= UU_SETUP_MAPPED;
	}
	if (!urb->transfer_buffer_length)
		return 0;
	if (!aligned) {
		buffer = kmalloc(urb->transfer_buffer_length, GFP_ATOMIC);
		if (!buffer) {
			uu_unmap_urb(hcd, urb); //~oomkept:dma-leak ;
			return -ENOMEM;
		}
		urb->bounce = buffer;
		urb->transfer_flags |= UU_BOUNCED;
		if (!urb->is_in)
			memcpy(buffer, urb->transfer_buffer, urb->transfer_buffer_length);
	}
	urb->transfer_dma = dma_map_single(hcd->dev, buffer, urb->transfer_buffer_length, uu_dir(urb)); /*@dataunchk*/
	if (dma_mapping_error(hcd->dev, urb->transfer_dma)) { //~dataunchk:dma-mapping-error-unchecked if (urb->transfer_dma == 0) {
		uu_unmap_urb(hcd, urb); //~kept:dma-leak return -EIO;
		return -EIO;
	}
	urb->transfer_flags |= UU_DATA_MAPPED;
	return 0;
}
