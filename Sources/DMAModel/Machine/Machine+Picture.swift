// SPDX-License-Identifier: GPL-2.0-only

/// The machine as a reader wants to see it beside a failure.
extension Machine {
  private static let longestSection = 32

  /// Memory, page tables, IOTLB, mappings and bounce slots, a line each.
  public var picture: [String] {
    var lines: [String] = []
    for region in regions {
      lines.append(
        "memory \(region.name): \(hex(region.base)), \(hex(region.size)) bytes, \(region.kind)"
      )
    }
    for (device, value) in devices.enumerated() {
      guard let index = value.domain else { continue }
      add(&lines, "page table of \(name(device))", pageTableLines(index))
      add(
        &lines,
        "IOTLB of \(name(device))",
        domains[index].iotlb.sorted { $0.key < $1.key }.map {
          "\(hex($0.key << domains[index].granuleShift)) -> \(hex($0.value.physical))"
        }
      )
      add(
        &lines,
        "IOVA space of \(name(device))",
        domains[index].allocations.values.sorted { $0.address < $1.address }.map {
          "\(hex($0.address)), \(hex($0.size)) bytes, call \($0.call), \($0.linkedPages) pages linked"
        }
      )
    }
    add(
      &lines,
      "regular mappings",
      mappings.live.sorted { $0.call < $1.call }.map { mapping in
        let parts = mapping.segments.map { "\(hex($0.dma))+\(hex($0.length))" }
        return "\(name(mapping.device)) \(mapping.kind.rawValue) \(parts.joined(separator: " ")), "
          + "\(mapping.direction.kernelName), call \(mapping.call)"
      }
    )
    add(
      &lines,
      "bounce slots",
      bounce.records.values.sorted { $0.address < $1.address }.map {
        "\(hex($0.address)) copies \(hex($0.original)), \(hex($0.size)) bytes, call \($0.call)"
      }
    )
    return lines
  }

  private func add(_ lines: inout [String], _ title: String, _ section: [String]) {
    guard !section.isEmpty else { return }
    lines.append("\(title):")
    lines += section.prefix(Self.longestSection).map { "  \($0)" }
    if section.count > Self.longestSection {
      lines.append("  and \(section.count - Self.longestSection) more")
    }
  }

  /// Neighbouring entries that lead to neighbouring memory are one line.
  private func pageTableLines(_ index: Int) -> [String] {
    struct Run {
      var iova: UInt64
      var physical: UInt64
      var bytes: UInt64
      var flags: PageTableEntry.Flags
      var isSynced: Bool
    }
    var runs: [Run] = []
    for (iova, shift, entry) in domains[index].table.allPresent {
      let bytes = UInt64(1) << shift
      let isSynced = entry.flags.contains(.synced)
      if let last = runs.last, last.iova &+ last.bytes == iova,
        last.physical &+ last.bytes == entry.physical, last.isSynced == isSynced,
        last.flags.direction == entry.flags.direction
      {
        runs[runs.count - 1].bytes += bytes
      } else {
        runs.append(
          Run(
            iova: iova,
            physical: entry.physical,
            bytes: bytes,
            flags: entry.flags,
            isSynced: isSynced
          )
        )
      }
    }
    return runs.map {
      "\(hex($0.iova)) -> \(hex($0.physical)), \(hex($0.bytes)) bytes, "
        + "\($0.flags.direction.kernelName)\($0.isSynced ? "" : ", not synced")"
    }
  }

  /// Every page of the device's page table, for audits: where it is, its length, where it leads and
  /// whether a device may know it.
  package func translations(
    _ device: Int
  ) -> [(iova: UInt64, bytes: UInt64, phys: UInt64, isSynced: Bool)] {
    guard let index = devices[device].domain else { return [] }
    return domains[index].table.allPresent.map {
      ($0.iova, 1 << $0.shift, $0.entry.physical, $0.entry.flags.contains(.synced))
    }
  }

  /// Slots of the swiotlb that are taken.
  package var usedBounceSlots: Int { bounce.usedSlots }
}
