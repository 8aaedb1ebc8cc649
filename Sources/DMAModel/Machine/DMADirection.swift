// SPDX-License-Identifier: GPL-2.0-only

/// Who writes and who reads, with the values of `enum dma_data_direction`.
public enum DMADirection: UInt8, Sendable, Hashable, CaseIterable {
  case bidirectional = 0
  case toDevice = 1
  case fromDevice = 2
  /// `DMA_NONE`: no mapping function accepts it.
  case none = 3

  public var kernelName: String {
    switch self {
    case .bidirectional: "DMA_BIDIRECTIONAL"
    case .toDevice: "DMA_TO_DEVICE"
    case .fromDevice: "DMA_FROM_DEVICE"
    case .none: "DMA_NONE"
    }
  }

  public init?(kernelName: String) {
    guard let match = Self.allCases.first(where: { $0.kernelName == kernelName }) else {
      return nil
    }
    self = match
  }

  @inline(__always)
  public var deviceReads: Bool { self == .toDevice || self == .bidirectional }
  @inline(__always)
  public var deviceWrites: Bool { self == .fromDevice || self == .bidirectional }
}

/// The `DMA_ATTR_*` bits, with the kernel's values (include/linux/dma-mapping.h).
public struct DMAAttributes: OptionSet, Sendable, Hashable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let weakOrdering = DMAAttributes(rawValue: 1 << 1)
  public static let skipCPUSync = DMAAttributes(rawValue: 1 << 5)
  public static let noWarn = DMAAttributes(rawValue: 1 << 8)
  /// The memory has no struct page and no kernel mapping (since 6.18).
  public static let mmio = DMAAttributes(rawValue: 1 << 10)

  /// The bits that a teardown must repeat, because they change what the teardown does.
  static let teardownRelevant: DMAAttributes = [.skipCPUSync, .mmio]

  public static let kernelNames: [(name: String, value: DMAAttributes)] = [
    ("DMA_ATTR_WEAK_ORDERING", .weakOrdering),
    ("DMA_ATTR_SKIP_CPU_SYNC", .skipCPUSync),
    ("DMA_ATTR_NO_WARN", .noWarn),
    ("DMA_ATTR_MMIO", .mmio),
  ]

  public var kernelName: String {
    let names = Self.kernelNames.filter { contains($0.value) }.map(\.name)
    return names.isEmpty ? "0" : names.joined(separator: " | ")
  }
}

/// The negative error numbers that the modelled functions return.
public enum KernelError {
  public static let io: Int32 = -5
  public static let noMemory: Int32 = -12
  public static let fault: Int32 = -14
  public static let busy: Int32 = -16
  public static let exists: Int32 = -17
  public static let invalid: Int32 = -22
  public static let overflow: Int32 = -75
  public static let notSupported: Int32 = -95
  public static let remoteIO: Int32 = -121

  /// `-EINVAL` for -22; the number itself for one that no modelled function returns.
  public static func name(_ value: Int32) -> String {
    switch value {
    case io: "-EIO"
    case noMemory: "-ENOMEM"
    case fault: "-EFAULT"
    case busy: "-EBUSY"
    case exists: "-EEXIST"
    case invalid: "-EINVAL"
    case overflow: "-EOVERFLOW"
    case notSupported: "-EOPNOTSUPP"
    case remoteIO: "-EREMOTEIO"
    default: "\(value)"
    }
  }
}
