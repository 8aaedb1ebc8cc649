// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// One right use of the API, as a driver may make it.
struct Workload {
  enum Kind {
    case twoStep(TwoStep)
    case memory(Memory)
    case list(List)
    case mirror(Mirror)
  }

  /// IOVA space, links in it, and how both are undone.
  struct TwoStep {
    enum End {
      /// `dma_iova_destroy()` over what is linked.
      case destroy
      /// `dma_iova_unlink()` over everything, then `dma_iova_free()`.
      case unlink
      /// The same link by link, the last one first.
      case unlinkEach
    }

    /// Of the memory, from the start of a page.
    var offset: UInt64
    /// Of the IOVA space.
    var size: UInt64
    /// Bytes of each link, one after the other from the start.
    var links: [UInt64]
    var end: End
    var attributes: DMAAttributes = []
  }

  struct Memory {
    var offset: UInt64
    var size: UInt64
    var attributes: DMAAttributes = []
  }

  struct List {
    struct Entry {
      var offset: UInt64
      var length: UInt64
      /// Which provider's memory it is; zero for the system's.
      var provider = 0
    }

    var entries: [Entry]
    var attributes: DMAAttributes = []
  }

  struct Mirror {
    /// For each entry, whose memory its page is; zero for the system's.
    var providers: [Int]
  }

  var kind: Kind
  var direction = DMADirection.bidirectional

  /// Pages of memory that the workload uses; more than any of them needs.
  static let pages = 8

  // MARK: The workloads

  /// Aligned and unaligned heads and tails, one link and several, all of the space or a part of it.
  static let twoStep: [Workload] = {
    let shapes: [(offset: UInt64, links: [UInt64], rest: UInt64)] = [
      (0, [0x1000], 0), (0, [0x2000], 0), (0, [0x800], 0), (0x200, [0x400], 0),
      (0x200, [0xe00], 0), (0x200, [0x1000], 0), (0x200, [0x1e00], 0), (0x800, [0x2800], 0),
      (0, [0x1800], 0), (0x400, [0x2000], 0), (0, [0x1000, 0x1000], 0), (0, [0x2000, 0x1800], 0),
      (0x200, [0xe00, 0x1000], 0), (0x200, [0xe00, 0x800], 0), (0x200, [0x1e00, 0x1200], 0),
      (0, [0x1000, 0x1000, 0x400], 0), (0, [0x1000], 0x1000), (0x200, [0xe00], 0x2000),
      (0, [0x1000, 0x1000], 0x2000), (0, [], 0x2000), (0x200, [], 0x1000),
    ]
    var list: [Workload] = []
    for (number, shape) in shapes.enumerated() {
      for end in [TwoStep.End.destroy, .unlink, .unlinkEach] {
        if end == .unlinkEach, shape.links.count < 2 { continue }
        list.append(
          Workload(
            kind: .twoStep(
              TwoStep(
                offset: shape.offset,
                size: shape.links.reduce(shape.rest, +),
                links: shape.links,
                end: end
              )
            ),
            direction: number % 2 == 0 ? .bidirectional : .fromDevice
          )
        )
      }
    }
    return list
  }()

  static let memory: [Workload] = [
    (0, 0x1000), (0, 0x800), (0x200, 0x400), (0x200, 0x1000), (0xe00, 0x400), (0, 0x3000),
  ].flatMap { offset, size in
    [DMADirection.toDevice, .fromDevice].map {
      Workload(kind: .memory(Memory(offset: offset, size: size)), direction: $0)
    }
  }

  static let lists: [Workload] = {
    let whole = List.Entry(offset: 0, length: 0x1000)
    let part = List.Entry(offset: 0x200, length: 0x600)
    let bus = List.Entry(offset: 0, length: 0x1000, provider: 1)
    let shortBus = List.Entry(offset: 0x400, length: 0x800, provider: 1)
    let bridge = List.Entry(offset: 0, length: 0x1000, provider: 2)
    let far = List.Entry(offset: 0, length: 0x1000, provider: 3)
    return [
      [whole], [part], [whole, whole], [whole, part, whole], [part, part, part], [bus],
      [bus, shortBus], [whole, bus, part], [bridge], [bridge, bridge], [whole, bridge, part],
      [bus, bridge], [far], [whole, far], [bridge, far, bus],
    ].map { Workload(kind: .list(List(entries: $0))) }
  }()

  static let mirrors: [Workload] = [[0], [0, 0, 0], [1], [2], [0, 2, 1], [3, 0]].map {
    Workload(kind: .mirror(Mirror(providers: $0)))
  }
}

extension Workload: CustomStringConvertible {
  /// Whose memory it is, by provider.
  static let owners = [
    "memory", "a peer by bus address", "a peer through the host bridge", "a far peer",
  ]

  /// As a witness names it.
  var description: String {
    func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
    switch kind {
    case .twoStep(let use):
      let links = use.links.map(hex).joined(separator: ", ")
      return "IOVA space of \(hex(use.size)) bytes at page offset \(hex(use.offset)), "
        + (use.links.isEmpty ? "nothing linked" : "linked \(links)")
    case .mirror(let use):
      return "an HMM map of \(use.providers.count) entries, pages of "
        + use.providers.map { Self.owners[$0] }.joined(separator: ", ")
    case .memory(let use):
      return "\(hex(use.size)) bytes at page offset \(hex(use.offset))"
    case .list(let use):
      return "a list of "
        + use.entries.map { "\(hex($0.length)) bytes of \(Self.owners[$0.provider])" }
        .joined(separator: ", ")
    }
  }
}
