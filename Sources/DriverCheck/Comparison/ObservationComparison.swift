// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// Two runs, one of each version, held against each other.
struct ObservationComparison {
  enum Outcome {
    case same
    case unknown(String)
    case differs(LifecycleComparison.Aspect, String)
  }

  /// What was made to fail in the two runs.
  enum Relation {
    /// The same.
    case sameAnswers
    /// The same, and the version after is made to go a way that costs more.
    case otherWay
    /// One mapping in the version before, one step of the mapping in the version after.
    case sameStep
  }

  let old: LifecycleObservation
  let new: LifecycleObservation
  let setup: String
  /// Sizes before and after of the structs whose size changed.
  let sizes: [Int: Int]
  let gain: LifecycleComparer.Gain

  func outcome(_ relation: Relation) -> Outcome {
    switch (old.run.end, new.run.end) {
    case (.stopped(let stop), _): return .unknown("before: \(stop.message)")
    case (_, .stopped(let stop)) where stop.isFault && !stop.dependsOnUnknown:
      return .differs(.engine, stop.message)
    case (_, .stopped(let stop)):
      // What readers found before it stopped counts: one that finds pages without end stops it.
      return new.otherReading(than: old).map { .differs(.behaviour, $0) }
        ?? .unknown("after: \(stop.message)")
    default: break
    }
    if mapsNothing { return .unknown(Self.nothingToMap) }
    if let broken = brokenPromise { return .differs(.engine, broken) }
    if old.isFailure != new.isFailure {
      return .differs(
        .behaviour,
        "\(setup)() \(new.isFailure ? "fails where it succeeded" : "succeeds where it failed")"
      )
    }
    if relation != .sameStep, let message = otherResult { return .differs(.behaviour, message) }
    if let message = otherData ?? otherReadings ?? otherEffects ?? otherMemory {
      return .differs(.behaviour, message)
    }
    // What a failure costs is of no account.
    if relation == .sameAnswers, !old.isFailure, let message = higherCost {
      return .differs(.cost, message)
    }
    return .same
  }

  // MARK: Promises

  /// Why a run with a count of zero is no proof: before it mapped nothing, after it asks for an
  /// empty range, of which the kernel warns (drivers/iommu/dma-iommu.c, 6.16) and goes on.
  static let nothingToMap = "dma_iova_try_alloc() warns when there is nothing to map"

  private var mapsNothing: Bool {
    old.mappingCalls.isEmpty && new.run.reports.allSatisfy { $0.id == .dmaZeroLength }
      && !new.run.reports.isEmpty
  }

  private var brokenPromise: String? {
    let known = Set(old.run.reports.map(\.findingID))
    if let report = new.run.reports.first(where: { !known.contains($0.findingID) }) {
      return "\(report.findingID): \(report.message)"
    }
    // What leaked before leaks now under another name.
    if new.run.leaks.count > old.run.leaks.count, let leak = new.run.leaks.last {
      return "\(leak.violation.id.rawValue): \(leak.violation.message)"
    }
    if new.run.lost.count > old.run.lost.count, let object = new.run.lost.last {
      return "c-memory-leak: \(object.name) is lost"
    }
    return nil
  }

  // MARK: Behaviour

  private var otherResult: String? {
    guard old.result != new.result else { return nil }
    return "\(setup)() returns \(Self.text(new.result)) where it returned \(Self.text(old.result))"
  }

  /// What the device reads and writes through the addresses that the driver stored.
  private var otherData: String? {
    for path in Set(old.transfers.keys).union(new.transfers.keys).sorted() {
      guard let before = old.transfers[path] else {
        return "\(path) is a device address, which it was not"
      }
      guard let after = new.transfers[path] else { return "\(path) is no device address any more" }
      if before.first != after.first || before.last != after.last {
        return "by \(path) the device reaches \(after.first ?? "nothing to read") where it "
          + "reached \(before.first ?? "nothing to read")"
      }
      // What was mapped as one may be mapped page by page: pages that are neighbours to the device,
      // or each with an address that it is given.
      if let reached = before.end, after.end != nil || !isGivenInPieces(before) {
        let now = after.end ?? new.lastPlace(of: before.length, by: after)
        if now != reached {
          return "at the end of \(path) the device reaches \(now ?? "nothing to read") where it "
            + "reached \(reached)"
        }
      }
      if before.arrived != after.arrived {
        return "what the device writes by \(path) "
          + (after.arrived == true ? "arrives, which it did not" : "does not arrive")
      }
    }
    if let ready = old.ready, let now = new.ready {
      return Self.difference(ready, now, isFailure: false)
    }
    return nil
  }

  /// Whether the device was given another address of the same mapping before.
  private func isGivenInPieces(_ transfer: DeviceTransfer) -> Bool {
    old.transfers.values.contains {
      ($0.end ?? $0.last) == transfer.end && $0.first != transfer.first
    }
  }

  private var otherReadings: String? {
    new.otherReading(than: old)
      ?? (old.readings.count == new.readings.count
        ? nil : "the readers are asked for other offsets")
  }

  private var otherEffects: String? {
    for (before, after) in zip(old.effects, new.effects) {
      guard before.name == after.name else {
        return "\(after.name)() is called where \(before.name)() was"
      }
      for (position, values) in zip(before.arguments, after.arguments).enumerated()
      where values.0 != values.1 && !isSize(values.0, values.1) {
        return "argument \(position + 1) of \(after.name)() is \(Self.text(values.1)) where it was "
          + Self.text(values.0)
      }
      guard before.told == after.told else {
        return "\(after.name)() is given memory with other device addresses"
      }
      for (old, new) in zip(before.readings, after.readings) where old != new {
        return "by what \(after.name)() is given the device reaches \(new) where it reached \(old)"
      }
    }
    if old.effects.count > new.effects.count {
      return "\(old.effects[new.effects.count].name)() is no longer called"
    }
    if new.effects.count > old.effects.count {
      return "\(new.effects[old.effects.count].name)() is called as well"
    }
    return nil
  }

  /// Whether two numbers are the sizes, or the same multiple of them, of a struct that has changed.
  private func isSize(_ before: MemoryPicture.Value, _ after: MemoryPicture.Value) -> Bool {
    guard case .number(let old) = before, case .number(let new) = after, old > 0 else {
      return false
    }
    return sizes.contains { size, changed in
      old % UInt64(size) == 0 && new == old / UInt64(size) * UInt64(changed)
    }
  }

  private var otherMemory: String? {
    Self.difference(old.end, new.end, isFailure: old.isFailure)
  }

  private static func difference(
    _ old: MemoryPicture,
    _ new: MemoryPicture,
    isFailure: Bool
  ) -> String? {
    for path in Set(old.values.keys).union(new.values.keys).sorted() {
      let before = old.values[path]
      let after = new.values[path]
      guard before != after else { continue }
      // Where nothing is mapped any more it does not matter what is left of an address.
      if isFailure, isNoMapping(before), isNoMapping(after) { continue }
      // A value that only one version has looked at is the caller's.
      if before == nil, !new.written.contains(path) { continue }
      if after == nil, !old.written.contains(path) { continue }
      return "\(path) is \(text(after)) where it was \(text(before))"
    }
    return nil
  }

  private static func isNoMapping(_ value: MemoryPicture.Value?) -> Bool {
    switch value {
    case nil, .unmapped?, .number(0)?: true
    default: false
    }
  }

  static func text(_ value: MemoryPicture.Value?) -> String {
    switch value {
    case nil: "not set"
    case .number(let number)?:
      Int64(bitPattern: number) < 0 && Int64(bitPattern: number) >= -4096
        ? "\(Int64(bitPattern: number))" : "\(number)"
    case .place(let name)?: "a pointer to \(name)"
    case .mapped(let name, let direction, _, _)?: "mapped to \(name), \(direction.kernelName)"
    case .unmapped?: "no mapped address"
    case .gone?: "a pointer to what was freed"
    }
  }

  // MARK: Cost

  private var higherCost: String? {
    let before = old.counters
    let after = new.counters
    // A mirror has its range before the first page comes.
    let allowed = gain == .allocations ? max(before.iovaAllocations, 1) : before.iovaAllocations
    if after.iovaAllocations > allowed {
      return "\(after.iovaAllocations) IOVA allocations instead of \(before.iovaAllocations)"
    }
    // Who frees the addresses of each page may leave the IOTLB for later; who keeps the range does
    // not (drivers/iommu/dma-iommu.c, 6.16): at most once a page more.
    let most =
      gain == .allocations
      ? max(before.iotlbOperations, 2 * before.iotlbSyncs) : before.iotlbOperations
    if after.iotlbOperations > most {
      return "\(after.iotlbOperations) IOTLB operations instead of \(before.iotlbOperations)"
    }
    return nil
  }
}

extension Counters {
  /// What makes a mapping visible, and what takes it back.
  var iotlbOperations: UInt64 { iotlbSyncs + iotlbInvalidations }
}
