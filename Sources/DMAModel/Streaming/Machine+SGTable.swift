// SPDX-License-Identifier: GPL-2.0-only

/// The functions that take a `struct sg_table`: they know both of its counts.
extension Machine {
  /// `dma_map_sgtable()`: zero or a negative error; `segments` is `sgt->nents`.
  public mutating func dmaMapSGTable(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    segments: inout Int,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Int32> {
    begin()
    let result = mapSG(device, &list, direction, attributes)
    if result > 0 { segments = result }
    let code = result > 0 ? 0 : Int32(result)
    return finish(
      code,
      traced(
        "dma_map_sgtable(\(name(device)), \(list.count) entries, \(direction.kernelName)) = "
          + KernelError.name(code)
      )
    )
  }

  /// `dma_unmap_sgtable()`: with `sgt->orig_nents`, which is what the map was given.
  public mutating func dmaUnmapSGTable(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    begin()
    unmapSG(device, &list, list.count, direction, attributes)
    return finish(
      (),
      traced("dma_unmap_sgtable(\(name(device)), \(list.count) entries, \(direction.kernelName))")
    )
  }

  public mutating func dmaSyncSGTableForCPU(
    _ device: Int,
    _ list: [ScatterlistEntry],
    direction: DMADirection
  ) -> Outcome<Void> {
    begin()
    syncList(device, list, list.count, direction, forCPU: true)
    return finish(
      (),
      traced("dma_sync_sgtable_for_cpu(\(name(device)), \(direction.kernelName))")
    )
  }

  public mutating func dmaSyncSGTableForDevice(
    _ device: Int,
    _ list: [ScatterlistEntry],
    direction: DMADirection
  ) -> Outcome<Void> {
    begin()
    syncList(device, list, list.count, direction, forCPU: false)
    return finish(
      (),
      traced("dma_sync_sgtable_for_device(\(name(device)), \(direction.kernelName))")
    )
  }
}
