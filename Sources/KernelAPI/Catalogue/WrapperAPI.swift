// SPDX-License-Identifier: GPL-2.0-only

// Source: include/rdma/ib_verbs.h, include/linux/skbuff.h, include/scsi/scsi_cmnd.h,
// include/linux/virtio.h, include/linux/dma-buf.h, include/linux/tifm.h and
// include/linux/rtsx_pci.h of Linux 6.12, with the function bodies they forward to.
// The infiniband wrappers forward only on devices with real DMA; a software device
// (ib_uses_virt_dma()) is given the kernel address instead.
extension APICatalogue {
  private static let verbs = APISection(family: .infiniband, header: "rdma/ib_verbs.h")
  private static let wrapper = APISection(family: .wrapper, header: "linux/skbuff.h")

  static let infiniband: [APIFunction] = infinibandMapping + infinibandSyncing

  private static let infinibandMapping: [APIFunction] = [
    verbs.entry(
      "ib_dma_map_single",
      .map,
      of: .single,
      [.device, .memory, .size, .direction],
      returns: .dmaAddress,
      as: ("dma_map_single", ["$0->dma_device", "$1", "$2", "$3"])
    ),
    verbs.entry(
      "ib_dma_unmap_single",
      .unmap,
      of: .single,
      [.device, .address, .size, .direction],
      as: ("dma_unmap_single", ["$0->dma_device", "$1", "$2", "$3"])
    ),
    verbs.entry(
      "ib_dma_map_page",
      .map,
      of: .page,
      [.device, .memory, .offset, .size, .direction],
      returns: .dmaAddress,
      as: ("dma_map_page", ["$0->dma_device", "$1", "$2", "$3", "$4"])
    ),
    verbs.entry(
      "ib_dma_unmap_page",
      .unmap,
      of: .page,
      [.device, .address, .size, .direction],
      as: ("dma_unmap_page", ["$0->dma_device", "$1", "$2", "$3"])
    ),
    verbs.entry(
      "ib_dma_map_sg_attrs",
      .map,
      of: .scatterlist,
      [.device, .memory, .count, .direction, .attrs],
      returns: .entries,
      as: ("dma_map_sg_attrs", ["$0->dma_device", "$1", "$2", "$3", "$4"])
    ),
    verbs.entry(
      "ib_dma_unmap_sg_attrs",
      .unmap,
      of: .scatterlist,
      [.device, .memory, .count, .direction, .attrs],
      as: ("dma_unmap_sg_attrs", ["$0->dma_device", "$1", "$2", "$3", "$4"])
    ),
    verbs.entry(
      "ib_dma_map_sg",
      .map,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      returns: .entries,
      as: ("ib_dma_map_sg_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    verbs.entry(
      "ib_dma_unmap_sg",
      .unmap,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      as: ("ib_dma_unmap_sg_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    verbs.entry(
      "ib_dma_map_sgtable_attrs",
      .map,
      of: .scatterTable,
      [.device, .memory, .direction, .attrs],
      returns: .errno,
      as: ("dma_map_sgtable", ["$0->dma_device", "$1", "$2", "$3"]),
      since: .init(5, 15)
    ),
    verbs.entry(
      "ib_dma_unmap_sgtable_attrs",
      .unmap,
      of: .scatterTable,
      [.device, .memory, .direction, .attrs],
      as: ("dma_unmap_sgtable", ["$0->dma_device", "$1", "$2", "$3"]),
      since: .init(5, 15)
    ),
  ]

  private static let infinibandSyncing: [APIFunction] = [
    verbs.entry(
      "ib_dma_sync_single_for_cpu",
      .syncForCPU,
      of: .single,
      [.device, .address, .size, .direction],
      as: ("dma_sync_single_for_cpu", ["$0->dma_device", "$1", "$2", "$3"])
    ),
    verbs.entry(
      "ib_dma_sync_single_for_device",
      .syncForDevice,
      of: .single,
      [.device, .address, .size, .direction],
      as: ("dma_sync_single_for_device", ["$0->dma_device", "$1", "$2", "$3"])
    ),
    verbs.entry(
      "ib_dma_mapping_error",
      .mappingError,
      [.device, .address],
      returns: .errno,
      as: ("dma_mapping_error", ["$0->dma_device", "$1"])
    ),
    verbs.entry(
      "ib_dma_max_seg_size",
      .deviceQuery,
      [.device],
      returns: .value,
      as: ("dma_get_max_seg_size", ["$0->dma_device"])
    ),
    verbs.entry(
      "ib_dma_pci_p2p_dma_supported",
      .deviceQuery,
      [.device],
      returns: .answer,
      as: ("dma_pci_p2pdma_supported", ["$0->dma_device"]),
      since: .init(6, 0)
    ),
  ]

  static let wrappers: [APIFunction] = [
    wrapper.entry(
      "skb_frag_dma_map",
      .map,
      of: .page,
      [.device, .memory, .offset, .size, .direction],
      returns: .dmaAddress,
      as: (
        "dma_map_page",
        ["$0", "skb_frag_page($1)", "skb_frag_off($1) + $2", "$3", "$4"]
      )
    ),
    wrapper.entry(
      "scsi_dma_map",
      .map,
      of: .scatterlist,
      [.request],
      returns: .entries,
      as: (
        "dma_map_sg",
        [
          "$0->device->host->dma_dev", "scsi_sglist($0)", "scsi_sg_count($0)",
          "$0->sc_data_direction",
        ]
      ),
      in: "scsi/scsi_cmnd.h"
    ),
    wrapper.entry(
      "scsi_dma_unmap",
      .unmap,
      of: .scatterlist,
      [.request],
      as: (
        "dma_unmap_sg",
        [
          "$0->device->host->dma_dev", "scsi_sglist($0)", "scsi_sg_count($0)",
          "$0->sc_data_direction",
        ]
      ),
      in: "scsi/scsi_cmnd.h"
    ),
    wrapper.entry(
      "virtqueue_dma_map_single_attrs",
      .map,
      of: .single,
      [.device, .memory, .size, .direction, .attrs],
      returns: .dmaAddress,
      as: ("dma_map_single_attrs", ["virtqueue_dma_dev($0)", "$1", "$2", "$3", "$4"]),
      since: .init(6, 6),
      in: "linux/virtio.h"
    ),
    wrapper.entry(
      "virtqueue_dma_unmap_single_attrs",
      .unmap,
      of: .single,
      [.device, .address, .size, .direction, .attrs],
      as: ("dma_unmap_single_attrs", ["virtqueue_dma_dev($0)", "$1", "$2", "$3", "$4"]),
      since: .init(6, 6),
      in: "linux/virtio.h"
    ),
    wrapper.entry(
      "virtqueue_dma_mapping_error",
      .mappingError,
      [.device, .address],
      returns: .errno,
      as: ("dma_mapping_error", ["virtqueue_dma_dev($0)", "$1"]),
      since: .init(6, 6),
      in: "linux/virtio.h"
    ),
    wrapper.entry(
      "dma_buf_map_attachment",
      .map,
      of: .scatterTable,
      [.other, .direction],
      returns: .errorPointer,
      in: "linux/dma-buf.h"
    ),
    wrapper.entry(
      "dma_buf_unmap_attachment",
      .unmap,
      of: .scatterTable,
      [.other, .scatter, .direction],
      in: "linux/dma-buf.h"
    ),
    wrapper.entry(
      "dma_buf_map_attachment_unlocked",
      .map,
      of: .scatterTable,
      [.other, .direction],
      returns: .errorPointer,
      as: ("dma_buf_map_attachment", ["$0", "$1"]),
      since: .init(6, 2),
      in: "linux/dma-buf.h"
    ),
    wrapper.entry(
      "dma_buf_unmap_attachment_unlocked",
      .unmap,
      of: .scatterTable,
      [.other, .scatter, .direction],
      as: ("dma_buf_unmap_attachment", ["$0", "$1", "$2"]),
      since: .init(6, 2),
      in: "linux/dma-buf.h"
    ),
    wrapper.entry(
      "tifm_map_sg",
      .map,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      returns: .entries,
      as: ("dma_map_sg", ["&to_pci_dev($0->dev.parent)->dev", "$1", "$2", "$3"]),
      in: "linux/tifm.h"
    ),
    wrapper.entry(
      "tifm_unmap_sg",
      .unmap,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      as: ("dma_unmap_sg", ["&to_pci_dev($0->dev.parent)->dev", "$1", "$2", "$3"]),
      in: "linux/tifm.h"
    ),
    wrapper.entry(
      "rtsx_pci_dma_map_sg",
      .map,
      of: .scatterlist,
      [.device, .memory, .count, .flag],
      returns: .entries,
      as: (
        "dma_map_sg",
        ["&$0->pci->dev", "$1", "$2", "$3 ? DMA_FROM_DEVICE : DMA_TO_DEVICE"]
      ),
      in: "linux/rtsx_pci.h"
    ),
    wrapper.entry(
      "rtsx_pci_dma_unmap_sg",
      .unmap,
      of: .scatterlist,
      [.device, .memory, .count, .flag],
      as: (
        "dma_unmap_sg",
        ["&$0->pci->dev", "$1", "$2", "$3 ? DMA_FROM_DEVICE : DMA_TO_DEVICE"]
      ),
      in: "linux/rtsx_pci.h"
    ),
  ]
}
