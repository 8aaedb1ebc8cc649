// SPDX-License-Identifier: GPL-2.0-only

public import DMAModel

/// What the command line changes of a scenario's machine.
public struct MachineVariant: Sendable, Hashable {
  /// A kind of device by the name that a user gives.
  public enum DeviceKind: String, Sendable, Hashable, CaseIterable {
    case iommu, direct, passthrough, untrusted, lazy, limited
    case nonCoherent = "non-coherent"
    case nonCoherentDirect = "non-coherent-direct"
    case forcedBounce = "forced-bounce"
    case deferredAttach = "deferred-attach"

    func apply(to device: inout DeviceConfiguration) {
      device.translation = .iommu
      device.isCoherent = true
      device.isUntrusted = false
      device.invalidationIsLazy = false
      device.attachIsDeferred = false
      device.swiotlb = .active
      device.dmaMask = .max
      switch self {
      case .iommu: break
      case .direct: device.translation = .direct
      case .passthrough: device.translation = .passthrough
      case .untrusted: device.isUntrusted = true
      case .lazy: device.invalidationIsLazy = true
      case .limited:
        device.translation = .direct
        device.dmaMask = 0x3FFF_FFFF
      case .nonCoherent: device.isCoherent = false
      case .nonCoherentDirect:
        device.translation = .direct
        device.isCoherent = false
      case .forcedBounce:
        device.translation = .direct
        device.swiotlb = .forced
      case .deferredAttach: device.attachIsDeferred = true
      }
    }
  }

  public var device: DeviceKind?
  /// Bytes.
  public var granule: UInt64?
  public var pageSize: UInt64?
  public var behaviour: Behaviour?

  public init(
    device: DeviceKind? = nil,
    granule: UInt64? = nil,
    pageSize: UInt64? = nil,
    behaviour: Behaviour? = nil
  ) {
    self.device = device
    self.granule = granule
    self.pageSize = pageSize
    self.behaviour = behaviour
  }

  /// The machine as the scenario has it.
  public static let own = MachineVariant()

  /// Every kind of device with every page size and granule that a kernel can have together: its
  /// IOVA allocator refuses a granule larger than a page.
  public static let matrix: [MachineVariant] = DeviceKind.allCases.flatMap { device in
    [(4096, 4096), (16384, 4096), (16384, 16384), (65536, 4096), (65536, 16384), (65536, 65536)]
      .map { MachineVariant(device: device, granule: $1, pageSize: $0) }
  }

  public var name: String {
    var parts: [String] = []
    if let device { parts.append(device.rawValue) }
    if let pageSize { parts.append("page \(pageSize >> 10)K") }
    if let granule { parts.append("granule \(granule >> 10)K") }
    if let behaviour { parts.append(behaviour.rawValue) }
    return parts.isEmpty ? "own machine" : parts.joined(separator: ", ")
  }

  func apply(to machine: inout MachineConfiguration) {
    if let pageSize { machine.pageSize = pageSize }
    if let behaviour { machine.behaviour = behaviour }
  }

  func apply(to configuration: inout DeviceConfiguration) {
    device?.apply(to: &configuration)
    if let granule, let shifts = DeviceConfiguration.pageShifts(granule: granule) {
      configuration.pageShifts = shifts
      configuration.minimumAlignMask = min(configuration.minimumAlignMask, granule - 1)
    }
  }
}
