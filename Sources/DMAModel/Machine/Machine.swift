// SPDX-License-Identifier: GPL-2.0-only

/// A computer as the DMA API sees it: memory, devices, their IOMMU domains and the swiotlb.
///
/// A value: a copy is a snapshot, and the two share storage until one changes. Every function of
/// the API is a method named as the kernel names it, returns what the kernel's returns, and says
/// which promises of the API the call broke. Addresses are physical or device addresses in bytes.
public struct Machine: Sendable {
  /// `DMA_MAPPING_ERROR`.
  public static let dmaMappingError = UInt64.max

  public let configuration: MachineConfiguration
  public private(set) var devices: [Device] = []
  public internal(set) var counters = Counters()
  /// The number of the latest call, from one.
  public internal(set) var callNumber: UInt32 = 0
  /// The calls as text, when the configuration keeps them.
  public internal(set) var trace: [CallRecord] = []

  var memory = PhysicalMemory()
  var cache = CPUCache()
  /// Coherent memory of non-coherent devices, past which the cache looks.
  var uncached = ByteRanges()
  var bounce: BouncePool
  var domains: [IOMMUDomain] = []
  var mappings = MappingTable()
  var hmmMaps: [Int: HMMMap] = [:]
  var nextHMMMap = 1
  var faults = FaultPlan()
  var pending: [Violation] = []
  package var defects = DefectSet()
  private(set) var hasCache = false

  public struct Device: Sendable {
    public let configuration: DeviceConfiguration
    /// `dev->dma_skip_sync`.
    public internal(set) var skipsSync: Bool
    var isAttached: Bool
    /// Index into the machine's domains, nil without translation.
    let domain: Int?
    var triesLowAddressesFirst: Bool
  }

  public struct CallRecord: Sendable, Hashable {
    public var number: UInt32
    public var text: String
    public var violations: [Violation]
  }

  public init(_ configuration: MachineConfiguration = MachineConfiguration()) throws(MachineError) {
    let page = configuration.pageSize
    guard page >= 4096, page <= 65536, page & (page - 1) == 0 else {
      throw MachineError(message: "page size \(page) is not a power of two from 4096 to 65536")
    }
    guard configuration.bounceSlots >= 0, configuration.bounceSlots <= 1 << 20,
      configuration.bounceBase % page == 0
    else { throw MachineError(message: "the swiotlb has too many slots or is not page aligned") }
    self.configuration = configuration
    bounce = BouncePool(base: configuration.bounceBase, slotCount: configuration.bounceSlots)
    guard configuration.bounceSlots > 0 else { return }
    let bytes = bounce.end - bounce.base
    try addRegion(MemoryRegion(name: "swiotlb", base: bounce.base, size: bytes))
    if configuration.tracksContents {
      memory.untouched = (bounce.base..<bounce.end, configuration.bounceFill)
    }
  }

  /// - Returns: the handle of the device.
  public mutating func addDevice(_ new: DeviceConfiguration) throws(MachineError) -> Int {
    let shifts = new.pageShifts
    guard let smallest = shifts.first, shifts.allSatisfy({ (12..<48).contains($0) }),
      zip(shifts, shifts.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw MachineError(message: "device \(new.name): page sizes are not ascending from 4 KiB")
    }
    guard new.apertureBits >= Int(smallest) + 2, new.apertureBits <= 63 else {
      throw MachineError(message: "device \(new.name): aperture is not below 64 bits")
    }
    guard new.segmentBoundary & (new.segmentBoundary &+ 1) == 0 else {
      throw MachineError(
        message: "device \(new.name): segment boundary is not a power of two minus one"
      )
    }
    guard new.minimumAlignMask & (new.minimumAlignMask &+ 1) == 0,
      new.minimumAlignMask < 1 << smallest
    else {
      throw MachineError(
        message: "device \(new.name): minimum align mask does not fit the granule"
      )
    }
    var domain: Int?
    if new.translation == .iommu {
      var translated = IOMMUDomain(pageShifts: shifts, apertureBits: new.apertureBits)
      for range in new.reservedIOVA where !range.isEmpty {
        let first = range.lowerBound >> smallest
        let count = ((range.upperBound - 1) >> smallest) - first + 1
        guard
          defects.contains(.iovaIgnoresReserved)
            || translated.space.reserve(first, count: count)
        else {
          throw MachineError(message: "device \(new.name): reserved IOVA ranges overlap")
        }
      }
      domains.append(translated)
      domain = domains.count - 1
    }
    devices.append(
      Device(
        configuration: new,
        skipsSync: new.isCoherent,
        isAttached: !new.attachIsDeferred,
        domain: domain,
        triesLowAddressesFirst: new.prefers32Bit
      )
    )
    hasCache = hasCache || !new.isCoherent
    return devices.count - 1
  }

  /// Bits of a physical address, more than any processor has.
  static let physicalBits: UInt64 = 56

  public mutating func addRegion(_ region: MemoryRegion) throws(MachineError) {
    guard region.last >> Self.physicalBits == 0 else {
      throw MachineError(
        message: "memory \(region.name) lies above \(Self.physicalBits) address bits"
      )
    }
    guard memory.add(region) else {
      throw MachineError(
        message: "memory \(region.name) is empty, wraps around or overlaps another region"
      )
    }
  }

  /// Forgets a region; its bytes stay until it is added again.
  ///
  /// - Returns: false when no region starts at `base`.
  public mutating func removeRegion(base: UInt64) -> Bool { memory.remove(base: base) != nil }

  public var regions: [MemoryRegion] { memory.regions }

  /// Makes operations fail from now on.
  public mutating func inject(_ fault: Fault) {
    var fault = fault
    if defects.contains(.faultStrikesLate), case .nth(let count) = fault.condition {
      fault.condition = .nth(count + 1)
    }
    faults.add(fault)
  }

  public mutating func clearFaults() { faults.removeAll() }

  /// Points where a failure has struck so far.
  public var struckFaults: Set<FaultPoint> { faults.struck }

  /// Failures that have not struck yet.
  public var pendingFaults: [Fault] { faults.faults }

  // MARK: - What every call does first and last

  @inline(__always)
  mutating func begin() {
    callNumber &+= 1
    counters.calls += 1
  }

  /// For what is not a call of the API: it has a number in the trace and no cost.
  mutating func beginRemark() { callNumber &+= 1 }

  /// The text of a call, made only when it is kept.
  @inline(__always)
  func traced(_ text: @autoclosure () -> String) -> String {
    configuration.keepsTrace ? text() : ""
  }

  @inline(__always)
  mutating func finish<Value>(_ value: Value, _ text: String) -> Outcome<Value> {
    if pending.isEmpty, !configuration.keepsTrace { return Outcome(value, []) }
    return record(value, text)
  }

  @inline(never)
  private mutating func record<Value>(_ value: Value, _ text: String) -> Outcome<Value> {
    let violations = pending
    pending = []
    if configuration.keepsTrace {
      trace.append(CallRecord(number: callNumber, text: text, violations: violations))
    }
    return Outcome(value, violations)
  }

  @inline(never)
  mutating func violate(
    _ id: ViolationID,
    _ device: Int?,
    _ address: UInt64,
    _ length: UInt64,
    conflict: UInt32? = nil,
    _ message: @autoclosure () -> String
  ) {
    pending.append(
      Violation(
        id: id,
        device: device,
        address: address,
        length: length,
        call: callNumber,
        conflictingCall: conflict == 0 ? nil : conflict,
        message: message()
      )
    )
  }

  // MARK: - Devices

  func usesIOMMU(_ device: Int) -> Bool { devices[device].domain != nil }

  package func isSWIOTLBActive(_ device: Int) -> Bool {
    devices[device].configuration.swiotlb != .absent && bounce.slotCount > 0
  }

  /// `dma_limit` of the device: its mask and the limit of its bus.
  package func addressLimit(_ device: Int) -> UInt64 {
    let configuration = devices[device].configuration
    return configuration.busLimit == 0
      ? configuration.dmaMask : min(configuration.dmaMask, configuration.busLimit)
  }

  mutating func resetSkipSync(_ device: Int) { devices[device].skipsSync = false }

  mutating func attachIfDeferred(_ device: Int) -> Bool {
    guard !devices[device].isAttached else { return true }
    if faults.strikes(.deferredAttach, size: 0, address: 0) { return false }
    devices[device].isAttached = true
    return true
  }

  mutating func stopTryingLowAddresses(_ device: Int) {
    devices[device].triesLowAddressesFirst = false
  }

  func name(_ device: Int) -> String { devices[device].configuration.name }
}

/// `0x1000` for 4096.
func hex(_ value: UInt64) -> String {
  value == Machine.dmaMappingError ? "DMA_MAPPING_ERROR" : "0x" + String(value, radix: 16)
}
