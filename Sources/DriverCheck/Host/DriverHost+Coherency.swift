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
      written = Written(
        site: site,
        start: min(written?.start ?? address, address),
        end: max(written?.end ?? end, end)
      )
    }
  }

  /// The last place that wrote, and the least range with all that was written.
  struct Written {
    var site: Site
    var start: UInt64
    var end: UInt64
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
      for (first, last) in [(range.start, start), (end, range.end)] where first < last {
        var part = range
        part.start = first
        part.end = last
        if let written = part.written, written.start >= last || written.end <= first {
          part.written = nil
        }
        rest.append(part)
      }
    }
    var part = known
    // An empty range remembers whose it was.
    part.start = start
    part.end = isForCPU ? start : end
    part.written = nil
    part.progress = .mapped
    part.isDoubtful = false
    owned = rest + [part]
  }

  /// Unknown code that is given memory may sync what it finds there; code that waits does not.
  func handOver(_ call: OutsideCall) {
    let traits = traits(of: call.callee.name)
    if traits.waits { noteWait() }
    guard !owned.isEmpty, !traits.waits,
      call.arguments.contains(where: { $0 >= Memory.linearBase })
    else { return }
    // Nobody but the driver knows of its mappings, and what has "sync" or "dma" in its name.
    if isBetween, !traits.maySync, isOfKernel(call.callee) { return }
    for index in owned.indices { owned[index].isDoubtful = true }
  }

  private func isOfKernel(_ callee: Callee) -> Bool {
    callee.declaration.index >= 0 && unit.isOfKernel(file: unit[callee.declaration].span?.file)
  }

  /// A register is written, which may start the device.
  func noteStart() {
    for index in owned.indices where owned[index].progress == .mapped {
      owned[index].progress = .started
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
      reportTurn("the CPU reads what the device writes, with no sync or unmap before", range)
    }
  }

  /// What the CPU wrote when the device's turn had come, and the device is set to work on, unless
  /// another function of the file gives it to the device, perhaps when it starts it.
  func noteLateWrites() {
    guard !syncsElsewhere else { return }
    for (index, range) in owned.enumerated().reversed() {
      guard let written = range.written, !range.isDoubtful else { continue }
      owned.remove(at: index)
      reportTurn(
        "the CPU writes what the device reads, with no sync after",
        range,
        at: written.site
      )
    }
  }

  private func reportTurn(_ message: String, _ range: OwnedRange, at place: Site? = nil) {
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
        // Who never syncs what both sides write may know that all machines with the device are
        // coherent.
        isWarning: range.direction == .bidirectional && !syncsAnywhere
      )
    )
  }
}
