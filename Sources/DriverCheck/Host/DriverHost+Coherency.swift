// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// Whose turn it is to touch memory that is mapped, on a device that is not coherent: between map
/// and unmap the device's, but for what a sync gives to the CPU
/// (Documentation/core-api/dma-api.rst, part I).
extension DriverHost {
  /// How far a device may be with memory that it was given.
  enum Progress {
    case mapped
    /// A register was written since.
    case started
    /// After that the driver has waited.
    case done
  }

  /// Memory that the device has.
  struct OwnedRange {
    var start: UInt64
    var end: UInt64
    /// Of the model, and its place.
    var call: UInt32
    var site: Site
    var direction: DMADirection
    /// What the CPU wrote that the device may never see.
    var written: Written?
    /// How far the device may be with it.
    var progress = Progress.mapped
    /// Code that is not executed may have taken it over, until time passes.
    var isDoubtful = false

    /// The CPU has written here.
    mutating func note(_ address: UInt64, _ count: Int, _ site: Site) {
      let end = address &+ UInt64(count)
      guard var known = written else {
        written = Written(site: site, start: address, end: end)
        return
      }
      if !known.isSetOff { known.site = site }
      known.start = min(known.start, address)
      known.end = max(known.end, end)
      written = known
    }

    /// What is left of it without a part.
    func without(_ start: UInt64, _ end: UInt64) -> [OwnedRange] {
      let sides = [(self.start, start), (end, self.end)]
      return sides.filter { $0.0 < $0.1 }.map { first, last in
        var rest = self
        rest.start = first
        rest.end = last
        if let written, written.start >= last || written.end <= first { rest.written = nil }
        return rest
      }
    }
  }

  /// What the CPU wrote: the least range with all of it.
  struct Written {
    /// The last place that wrote before the device was set off.
    var site: Site
    var start: UInt64
    var end: UInt64
    /// Whether a register was written since, and whether the driver has waited for a completion after
    /// that.
    var isSetOff = false
    var isWaitedFor = false
  }

  private var watchesTurns: Bool {
    !model.configuration.isCoherent && !model.tracksContents && primitives == nil
  }

  /// What has just been mapped is the device's, which may write it unless it is to read only.
  func own(_ physical: UInt64, _ size: UInt64, _ attributes: DMAAttributes, _ call: OutsideCall) {
    if let mapping = mappings.last, mapping.direction != .toDevice {
      let memory = call.interpreter.memory.virtual(physical: physical)
      call.interpreter.writtenByDevice(memory, Int(clamping: size))
    }
    guard watchesTurns, size > 0, !attributes.contains(.skipCPUSync),
      let mapping = mappings.last, mapping.call == machine.callNumber
    else { return }
    call.interpreter.watch(call.interpreter.memory.virtual(physical: physical))
    owned.append(
      OwnedRange(
        start: physical,
        end: physical &+ size,
        call: mapping.call,
        site: call.interpreter.ownSite,
        direction: mapping.direction
      )
    )
  }

  /// A sync for the CPU takes a range from the device, one for the device gives it back.
  func sync(_ address: UInt64, _ size: UInt64, isForCPU: Bool) {
    guard watchesTurns, let mapping = mappings.first(where: { $0.contains(address) }) else {
      return
    }
    let start = mapping.physical &+ (address &- mapping.address)
    turn(start, start &+ size, mapping.call, isForCPU: isForCPU)
  }

  /// The same for a part of a list.
  func syncMemory(_ physical: UInt64, _ size: UInt64, isForCPU: Bool) {
    guard watchesTurns, let range = owned.first(where: { $0.start == physical }) else { return }
    turn(physical, physical &+ size, range.call, isForCPU: isForCPU)
  }

  private func turn(_ start: UInt64, _ end: UInt64, _ call: UInt32, isForCPU: Bool) {
    guard let known = owned.first(where: { $0.call == call }) else { return }
    var rest: [OwnedRange] = []
    for range in owned {
      guard range.call == call, range.start < end, start < range.end else {
        rest.append(range)
        continue
      }
      rest += range.without(start, end)
    }
    var part = known
    // An empty range remembers whose it was.
    part.start = start
    part.end = isForCPU ? start : end
    part.written = nil
    part.progress = .mapped
    part.isDoubtful = false
    owned = rest + [part]
    lend(start, end, of: part, isForCPU: isForCPU)
  }

  /// Takes note of what the driver has taken to write to, until it is the device's again.
  private func lend(_ start: UInt64, _ end: UInt64, of part: OwnedRange, isForCPU: Bool) {
    guard part.direction != .fromDevice else { return }
    lent = lent.flatMap { range -> [OwnedRange] in
      guard range.call == part.call, range.start < end, start < range.end else { return [range] }
      return range.without(start, end)
    }
    guard isForCPU, let interpreter else { return }
    var taken = part
    taken.start = start
    taken.end = end
    taken.site = interpreter.ownSite
    lent.append(taken)
  }

  /// Unknown code that is given memory may sync what it finds there; code that waits does not.
  func handOver(_ call: OutsideCall) {
    let traits = traits(of: call.callee.name)
    if traits.waits { noteWait() }
    if traits.waitsForCompletion {
      for index in owned.indices where owned[index].written?.isSetOff == true {
        owned[index].written?.isWaitedFor = true
      }
    }
    guard !owned.isEmpty, !traits.waits,
      call.arguments.contains(where: { $0 >= Memory.linearBase })
    else { return }
    noteReads(call)
    // Nobody but the driver knows of its mappings, and what has "sync" or "dma" in its name.
    if isBetween, !traits.maySync, isOfKernel(call.callee) { return }
    for index in owned.indices { owned[index].isDoubtful = true }
    for index in lent.indices { lent[index].isDoubtful = true }
  }

  /// A function of the kernel that wants a pointer to constant bytes reads them.
  private func noteReads(_ call: OutsideCall) {
    let declaration = call.callee.declaration
    guard isOfKernel(call.callee),
      case .function(_, let parameters, _) = unit[unit[declaration].type].kind,
      !traits(of: call.callee.name).looksAtAddress
    else { return }
    for (parameter, argument) in zip(parameters, call.arguments)
    where argument >= Memory.linearBase {
      guard case .pointer(let pointee) = unit[parameter].kind, unit[pointee].isConst else {
        continue
      }
      switch unit[pointee].kind {
      case .void: break
      case .integer where unit[pointee].sizeBytes == 1: break
      default: continue
      }
      accessed(argument, 1, isWrite: false, call.interpreter)
    }
  }

  func isOfKernel(_ callee: Callee) -> Bool {
    callee.declaration.index >= 0 && unit.isOfKernel(file: unit[callee.declaration].span?.file)
  }

  /// A register is written, which may start the device.
  func noteStart() {
    registerWrites += 1
    for index in owned.indices {
      if owned[index].progress == .mapped { owned[index].progress = .started }
      owned[index].written?.isSetOff = true
    }
  }

  /// The driver waits for the device, or asks it how far it is.
  func noteWait() {
    for index in owned.indices where owned[index].progress == .started {
      owned[index].progress = .done
    }
  }

  func accessed(_ address: UInt64, _ count: Int, isWrite: Bool, _ interpreter: Interpreter) {
    if !isWrite, !tails.isEmpty { noteTail(address, interpreter) }
    guard !owned.isEmpty, !isLooking else { return }
    let start = interpreter.memory.physical(address)
    if isWrite {
      for index in lent.indices
      where lent[index].start < start &+ UInt64(count) && start < lent[index].end {
        lent[index].note(start, count, interpreter.ownSite)
      }
    }
    guard
      let index = owned.firstIndex(where: {
        $0.start < start &+ UInt64(count) && start < $0.end && !$0.isDoubtful
      })
    else { return }
    let range = owned[index]
    if isWrite {
      if range.direction != .fromDevice { owned[index].note(start, count, interpreter.ownSite) }
    } else if range.direction == .fromDevice
      || (range.direction == .bidirectional && range.progress == .done)
    {
      owned.remove(at: index)
      reportTurn(
        "the CPU reads what the device writes, with no sync or unmap before",
        range,
        needsTurn: true
      )
    }
  }

  /// What the CPU wrote when the device's turn had come, and the device is set to work on, unless
  /// another function of the file gives it to the device, perhaps when it starts it.
  func noteLateWrites() {
    guard !syncsElsewhere else { return }
    for (index, range) in owned.enumerated().reversed() {
      guard let written = range.written, !range.isDoubtful else { continue }
      owned.remove(at: index)
      reportTurn(Self.lateWrite, range, at: written.site)
    }
    // Who sets up may leave it to others to give back what it has taken.
    guard isBetween else { return }
    for (index, range) in lent.enumerated().reversed() {
      guard let written = range.written, !range.isDoubtful else { continue }
      lent.remove(at: index)
      reportTurn(Self.lateWrite, range, at: written.site)
    }
  }

  /// What is unmapped was written by the CPU, then the device was set off and waited for.
  func noteLateWrites(to calls: Set<UInt32>) {
    for range in owned where calls.contains(range.call) && !range.isDoubtful {
      guard let written = range.written, written.isWaitedFor else { continue }
      // Which part of it is synced matters where some is.
      let isWhole = owned.count { $0.call == range.call } == 1
      reportTurn(Self.lateWrite, range, at: written.site, isAboutBytes: !isWhole)
    }
  }

  private static let lateWrite = "the CPU writes what the device reads, with no sync after"

  private func reportTurn(
    _ message: String,
    _ range: OwnedRange,
    at place: Site? = nil,
    needsTurn: Bool = false,
    isAboutBytes: Bool = true
  ) {
    let stack = interpreter?.callStack ?? []
    let site = place ?? interpreter?.ownSite ?? range.site
    reports.append(
      Report(
        id: .coherencyMissingSync,
        message: message,
        address: 0,
        site: site,
        conflict: range.site,
        stack: stack,
        dependsOnUnknown: false,
        // Who never syncs what both sides write, or what stays mapped, may know that all machines
        // with the device are coherent.
        isWarning: (range.direction == .bidirectional && !syncsAnywhere)
          || (isBetween && !needsTurn && !syncsAtAll),
        needsTurn: needsTurn,
        isAboutBytes: isAboutBytes
      )
    )
  }
}
