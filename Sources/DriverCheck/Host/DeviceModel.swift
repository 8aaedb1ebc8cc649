// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// A machine and a device that a driver may meet.
struct DeviceModel: Sendable {
  var name: String
  var configuration: DeviceConfiguration
  /// Whether what lies in memory is simulated, not only what is mapped.
  var tracksContents = false
  /// Where the tree has the bits of an HMM PFN; nil for where releases have them.
  var hmmFlags: HMMFlags?

  /// The matrix of devices: with and without translation, bouncing, not coherent.
  /// The granule is the page size: the kernel gives no DMA domain to an IOMMU with a larger one.
  static let matrix: [DeviceModel] = [
    model("IOMMU, 4 KiB granule") { _ in },
    model("direct mapping") { $0.translation = .direct },
    model("untrusted device behind an IOMMU") { $0.isUntrusted = true },
    model("direct mapping, not coherent") {
      $0.translation = .direct
      $0.isCoherent = false
      // Such machines have no P2PDMA.
      $0.p2pDistances = [:]
    },
  ]

  /// The matrix, and what only shows in costs and in data, with contents of memory.
  static let comparisonMatrix: [DeviceModel] = {
    let more = [
      model("IOMMU, not coherent") { $0.isCoherent = false },
      model("IOMMU, lazy invalidation") { $0.invalidationIsLazy = true },
      model("direct mapping, everything bounces") {
        $0.translation = .direct
        $0.swiotlb = .forced
      },
    ]
    return (matrix + more).map {
      var model = $0
      model.tracksContents = true
      return model
    }
  }()

  private static func model(
    _ name: String,
    _ change: (inout DeviceConfiguration) -> Void
  ) -> DeviceModel {
    var configuration = DeviceConfiguration(name: "device")
    configuration.p2pDistances = [1: .busAddress, 2: .throughHostBridge, 3: .notSupported]
    change(&configuration)
    return DeviceModel(name: name, configuration: configuration)
  }

  /// What the bus address of a peer's page differs from its physical address by.
  static let busOffset: UInt64 = 0x40_0000_0000

  /// Where the swiotlb lies: below the first object of the interpreter's memory, or in it.
  var bounceBase = Self.lowestBounce
  static let lowestBounce: UInt64 = 0x0080_0000
  var bounceSlots = MachineConfiguration().bounceSlots

  func machine() throws(MachineError) -> (Machine, device: Int) {
    var configuration = MachineConfiguration()
    configuration.keepsTrace = false
    configuration.tracksContents = tracksContents
    configuration.hmmFlags = hmmFlags
    configuration.bounceBase = bounceBase
    configuration.bounceSlots = bounceSlots
    var machine = try Machine(configuration)
    let device = try machine.addDevice(self.configuration)
    return (machine, device)
  }
}
