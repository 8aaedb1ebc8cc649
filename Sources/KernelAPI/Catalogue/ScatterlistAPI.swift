// SPDX-License-Identifier: GPL-2.0-only

// Source: include/linux/scatterlist.h of Linux 6.12.
extension APICatalogue {
  private static let header = APISection(family: .scatterlist, header: "linux/scatterlist.h")

  static let scatterlist: [APIFunction] = building + allocating + walking + reading + copying

  private static let building: [APIFunction] = [
    header.entry("sg_init_table", .scatterBuild, of: .scatterlist, [.scatter, .count]),
    header.entry(
      "sg_init_one",
      .scatterBuild,
      of: .scatterlist,
      [.scatter, .cpuAddress, .size]
    ),
    header.entry("sg_init_marker", .scatterBuild, of: .scatterlist, [.scatter, .count]),
    header.entry(
      "sg_set_page",
      .scatterBuild,
      of: .scatterlist,
      [.scatter, .page, .size, .offset]
    ),
    header.entry(
      "sg_set_folio",
      .scatterBuild,
      of: .scatterlist,
      [.scatter, .page, .size, .offset],
      since: .init(6, 6)
    ),
    header.entry(
      "sg_set_buf",
      .scatterBuild,
      of: .scatterlist,
      [.scatter, .cpuAddress, .size]
    ),
    header.entry("sg_assign_page", .scatterBuild, of: .scatterlist, [.scatter, .page]),
    header.entry(
      "sg_chain",
      .scatterBuild,
      of: .scatterlist,
      [.scatter, .count, .scatter]
    ),
    header.entry("sg_mark_end", .scatterBuild, of: .scatterlist, [.scatter]),
    header.entry("sg_unmark_end", .scatterBuild, of: .scatterlist, [.scatter]),
    header.entry(
      "sg_split",
      .scatterBuild,
      of: .scatterlist,
      [.scatter, .count, .offset, .count, .other, .other, .countResult, .gfp],
      returns: .errno,
      since: .init(4, 3)
    ),
  ]

  private static let allocating: [APIFunction] = [
    header.entry(
      "sg_alloc_table",
      .scatterAllocate,
      of: .scatterTable,
      [.scatter, .count, .gfp],
      returns: .errno
    ),
    header.entry(
      "__sg_alloc_table",
      .scatterAllocate,
      of: .scatterTable,
      [.scatter, .count, .count, .other, .count, .gfp, .other],
      returns: .errno
    ),
    header.entry("sg_free_table", .scatterFree, of: .scatterTable, [.scatter]),
    header.entry(
      "sg_alloc_table_from_pages_segment",
      .scatterAllocate,
      of: .pageArray,
      [.scatter, .memory, .count, .offset, .size, .flag, .gfp],
      returns: .errno,
      since: .init(5, 15)
    ),
    header.entry(
      "sg_alloc_table_from_pages",
      .scatterAllocate,
      of: .pageArray,
      [.scatter, .memory, .count, .offset, .size, .gfp],
      returns: .errno,
      as: (
        "sg_alloc_table_from_pages_segment",
        ["$0", "$1", "$2", "$3", "$4", "UINT_MAX", "$5"]
      )
    ),
    header.entry(
      "sg_alloc_append_table_from_pages",
      .scatterAllocate,
      of: .pageArray,
      [.scatter, .memory, .count, .offset, .size, .flag, .count, .gfp],
      returns: .errno,
      since: .init(5, 15)
    ),
    header.entry(
      "sg_free_append_table",
      .scatterFree,
      of: .scatterTable,
      [.scatter],
      since: .init(5, 15)
    ),
    header.entry(
      "sg_alloc_table_chained",
      .scatterAllocate,
      of: .scatterTable,
      [.scatter, .count, .other, .count],
      returns: .errno,
      since: .init(4, 7)
    ),
    header.entry(
      "sg_free_table_chained",
      .scatterFree,
      of: .scatterTable,
      [.scatter, .count],
      since: .init(4, 7)
    ),
    header.entry(
      "sgl_alloc_order",
      .scatterAllocate,
      of: .scatterlist,
      [.size, .flag, .flag, .gfp, .countResult],
      returns: .pointer,
      since: .init(4, 16)
    ),
    header.entry(
      "sgl_alloc",
      .scatterAllocate,
      of: .scatterlist,
      [.size, .gfp, .countResult],
      returns: .pointer,
      since: .init(4, 16)
    ),
    header.entry(
      "sgl_free_n_order",
      .scatterFree,
      of: .scatterlist,
      [.scatter, .count, .flag],
      since: .init(4, 16)
    ),
    header.entry(
      "sgl_free_order",
      .scatterFree,
      of: .scatterlist,
      [.scatter, .flag],
      since: .init(4, 16)
    ),
    header.entry("sgl_free", .scatterFree, of: .scatterlist, [.scatter], since: .init(4, 16)),
  ]

  private static let walking: [APIFunction] = [
    header.entry(
      "for_each_sg",
      .scatterWalk,
      of: .scatterlist,
      [.scatter, .loopVariable, .count, .index],
      returns: .loop
    ),
    header.entry(
      "for_each_sgtable_sg",
      .scatterWalk,
      of: .scatterTable,
      [.scatter, .loopVariable, .index],
      returns: .loop,
      as: ("for_each_sg", ["$0->sgl", "$1", "$0->orig_nents", "$2"]),
      since: .init(5, 8)
    ),
    header.entry(
      "for_each_sgtable_dma_sg",
      .scatterWalk,
      of: .scatterTable,
      [.scatter, .loopVariable, .index],
      returns: .loop,
      as: ("for_each_sg", ["$0->sgl", "$1", "$0->nents", "$2"]),
      since: .init(5, 8)
    ),
    header.entry(
      "for_each_sg_page",
      .scatterWalk,
      of: .scatterlist,
      [.scatter, .loopVariable, .count, .offset],
      returns: .loop
    ),
    header.entry(
      "for_each_sg_dma_page",
      .scatterWalk,
      of: .scatterlist,
      [.scatter, .loopVariable, .count, .offset],
      returns: .loop,
      since: .init(5, 1)
    ),
    header.entry(
      "for_each_sgtable_page",
      .scatterWalk,
      of: .scatterTable,
      [.scatter, .loopVariable, .offset],
      returns: .loop,
      as: ("for_each_sg_page", ["$0->sgl", "$1", "$0->orig_nents", "$2"]),
      since: .init(5, 8)
    ),
    header.entry(
      "for_each_sgtable_dma_page",
      .scatterWalk,
      of: .scatterTable,
      [.scatter, .loopVariable, .offset],
      returns: .loop,
      as: ("for_each_sg_dma_page", ["$0->sgl", "$1", "$0->nents", "$2"]),
      since: .init(5, 8)
    ),
    header.entry("sg_next", .scatterWalk, of: .scatterlist, [.scatter], returns: .pointer),
    header.entry(
      "sg_last",
      .scatterWalk,
      of: .scatterlist,
      [.scatter, .count],
      returns: .pointer
    ),
    header.entry(
      "sg_miter_start",
      .scatterWalk,
      of: .scatterlist,
      [.iterator, .scatter, .count, .flag]
    ),
    header.entry(
      "sg_miter_skip",
      .scatterWalk,
      of: .scatterlist,
      [.iterator, .offset],
      returns: .answer
    ),
    header.entry(
      "sg_miter_next",
      .scatterWalk,
      of: .scatterlist,
      [.iterator],
      returns: .answer
    ),
    header.entry("sg_miter_stop", .scatterWalk, of: .scatterlist, [.iterator]),
  ]

  private static let reading: [APIFunction] = [
    header.entry("sg_page", .scatterRead, of: .scatterlist, [.scatter], returns: .value),
    header.entry("sg_phys", .scatterRead, of: .scatterlist, [.scatter], returns: .value),
    header.entry("sg_virt", .scatterRead, of: .scatterlist, [.scatter], returns: .value),
    header.entry("sg_nents", .scatterRead, of: .scatterlist, [.scatter], returns: .value),
    header.entry(
      "sg_nents_for_len",
      .scatterRead,
      of: .scatterlist,
      [.scatter, .size],
      returns: .value
    ),
    header.entry(
      "sg_dma_address",
      .scatterRead,
      of: .scatterlist,
      [.scatter],
      returns: .value
    ),
    header.entry("sg_dma_len", .scatterRead, of: .scatterlist, [.scatter], returns: .value),
    header.entry(
      "sg_dma_is_bus_address",
      .scatterRead,
      of: .scatterlist,
      [.scatter],
      returns: .answer,
      since: .init(6, 0)
    ),
    header.entry(
      "sg_page_iter_page",
      .scatterRead,
      of: .scatterlist,
      [.iterator],
      returns: .value
    ),
    header.entry(
      "sg_page_iter_dma_address",
      .scatterRead,
      of: .scatterlist,
      [.iterator],
      returns: .value
    ),
    header.entry("sg_is_last", .scatterRead, of: .scatterlist, [.scatter], returns: .answer),
    header.entry("sg_is_chain", .scatterRead, of: .scatterlist, [.scatter], returns: .answer),
  ]

  private static let copying: [APIFunction] = [
    header.entry(
      "sg_copy_buffer",
      .scatterCopy,
      of: .scatterlist,
      [.scatter, .count, .cpuAddress, .size, .offset, .flag],
      returns: .bytes
    ),
    header.entry(
      "sg_copy_from_buffer",
      .scatterCopy,
      of: .scatterlist,
      [.scatter, .count, .cpuAddress, .size],
      returns: .bytes
    ),
    header.entry(
      "sg_copy_to_buffer",
      .scatterCopy,
      of: .scatterlist,
      [.scatter, .count, .cpuAddress, .size],
      returns: .bytes
    ),
    header.entry(
      "sg_pcopy_from_buffer",
      .scatterCopy,
      of: .scatterlist,
      [.scatter, .count, .cpuAddress, .size, .offset],
      returns: .bytes
    ),
    header.entry(
      "sg_pcopy_to_buffer",
      .scatterCopy,
      of: .scatterlist,
      [.scatter, .count, .cpuAddress, .size, .offset],
      returns: .bytes
    ),
    header.entry(
      "sg_zero_buffer",
      .scatterCopy,
      of: .scatterlist,
      [.scatter, .count, .size, .offset],
      returns: .bytes
    ),
  ]
}
