// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// One machine of the matrix: a kind of device with a page size and a granule.
struct WorkloadVariant: Sendable, CustomStringConvertible {
  enum Kind: String, CaseIterable, Sendable {
    case iommu, lazy, direct, passthrough, deferred, largePages
    case untrusted, limited, forced
    case nonCoherent, nonCoherentDirect, nonCoherentUntrusted, nonCoherentForced

    func configure(_ device: inout DeviceConfiguration) {
      switch self {
      case .iommu, .largePages: break
      case .lazy: device.invalidationIsLazy = true
      case .direct: device.translation = .direct
      case .passthrough: device.translation = .passthrough
      case .deferred: device.attachIsDeferred = true
      case .untrusted: device.isUntrusted = true
      case .limited:
        device.translation = .direct
        device.dmaMask = 0x3FFF_FFFF
      case .forced:
        device.translation = .direct
        device.swiotlb = .forced
      case .nonCoherent: device.isCoherent = false
      case .nonCoherentDirect:
        device.translation = .direct
        device.isCoherent = false
      case .nonCoherentUntrusted:
        device.isCoherent = false
        device.isUntrusted = true
      case .nonCoherentForced:
        device.translation = .direct
        device.isCoherent = false
        device.swiotlb = .forced
      }
    }

    var isCoherent: Bool {
      switch self {
      case .nonCoherent, .nonCoherentDirect, .nonCoherentUntrusted, .nonCoherentForced: false
      default: true
      }
    }
    var isUntrusted: Bool { self == .untrusted || self == .nonCoherentUntrusted }
    /// Every mapping of memory through the regular API is a copy.
    var alwaysBounces: Bool {
      self == .limited || self == .forced || self == .nonCoherentForced
    }
    var hasIOMMU: Bool {
      switch self {
      case .direct, .passthrough, .limited, .forced, .nonCoherentDirect, .nonCoherentForced: false
      default: true
      }
    }
    /// Never copies and never maintains caches: mirrors and BARs are for such devices.
    var isPlain: Bool { isCoherent && !isUntrusted && !alwaysBounces }
  }

  let kind: Kind
  let page: UInt64
  let granule: UInt64
  let distance: P2PDistance

  var description: String {
    "\(kind.rawValue), page \(page >> 10)K, granule \(granule >> 10)K, P2P \(distance.rawValue)"
  }

  static let matrix: [WorkloadVariant] = Kind.allCases.flatMap { kind in
    [
      (4096, 4096), (16384, 4096), (16384, 16384), (65536, 4096), (65536, 16384), (65536, 65536),
    ].enumerated().map { index, sizes in
      WorkloadVariant(
        kind: kind,
        page: sizes.0,
        granule: sizes.1,
        distance: index % 2 == 0 ? .busAddress : .throughHostBridge
      )
    }
  }
}
