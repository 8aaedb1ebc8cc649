// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What code that is not executed may do with what it is given, and is told by it.
extension DriverHost {
  /// Of a function that says how things stand: an answer that changes from call to call.
  func answer(_ word: UInt64, as type: CType) -> UInt64? {
    switch type.kind {
    case .boolean: word & 1
    case .integer(isSigned: false): word & (1 << UInt64(8 * min(type.sizeBytes, 7)) - 1)
    default: nil
    }
  }

  /// Whether a word belongs to a `struct dma_iova_state`, which says nothing to the device.
  private func isOfAState(_ address: UInt64) -> Bool {
    states.contains(address) || states.contains(address &- 8)
  }

  /// A call of unknown code, with the device addresses that it is told.
  func effect(of call: OutsideCall) -> Effect {
    var effect = Effect(
      name: call.callee.name,
      arguments: call.arguments,
      site: call.interpreter.ownSite
    )
    let reachable = self.reachable
    guard !reachable.isEmpty else { return effect }
    for (position, argument) in call.arguments.enumerated() {
      if let word = DeviceWord(argument, in: reachable) {
        effect.deviceWords[position] = ToldWord(word, self)
      } else {
        effect.told += call.interpreter.words(at: argument).compactMap { place, value in
          isOfAState(place) ? nil : DeviceWord(value, in: reachable).map { ToldWord($0, self) }
        }
      }
    }
    return effect
  }

  /// Code that is not executed may fill in what it is given. What it is given after a failure, it
  /// may also undo.
  func expose(_ argument: UInt64, _ position: Int, _ call: OutsideCall) {
    let interpreter = call.interpreter
    let traits = traits(of: call.callee.name)
    if traits.managesResources {
      let held =
        mappings.map { ($0.address, $0.call) } + coherent.map { ($0.address, $0.call) }
      let told = told(by: argument, of: held.map(\.0), interpreter)
      for (address, number) in held where told.contains(address) { escapedCalls.insert(number) }
    }
    if !mappings.isEmpty, traits.mayUndo || (hasFailed && !traits.soundsLikeTeardown) {
      let mayReachMappings = mayReachMappings(call)
      if mayReachMappings, interpreter.object(at: argument)?.kind == .input {
        // Those before the last time have escaped already.
        for mapping in mappings.reversed() {
          guard mapping.call > lastEscape else { break }
          escapedCalls.insert(mapping.call)
        }
        lastEscape = machine.callNumber
      } else {
        let told =
          mayReachMappings
          ? told(by: argument, of: mappings.map(\.address), interpreter) : [argument]
        for mapping in mappings where told.contains(mapping.address) {
          escapedCalls.insert(mapping.call)
        }
      }
    }
    if leavesPrivateArea(argument, call) {
      interpreter.keepReachable(argument)
    } else {
      interpreter.exposeToUnknownCode(argument, memberBytes: bytesKnown(to: call, position))
    }
  }

  /// Whether a function may undo mappings that it is not told of: one of the driver's own in another
  /// file, one that does so by its name, or one that calls the driver back.
  private func mayReachMappings(_ call: OutsideCall) -> Bool {
    guard isOfKernel(call.callee) else { return true }
    let traits = traits(of: call.callee.name)
    return traits.unmaps || (traits.mayUndo && isUndoneElsewhere)
  }

  /// The size of the structure that a function says it wants a pointer to, or what a function of the
  /// kernel may fill in that wants one to bytes: what encloses it there it does not know.
  func bytesKnown(to call: OutsideCall, _ position: Int) -> Int? {
    let declaration = call.callee.declaration
    guard declaration.index >= 0,
      case .function(_, let parameters, _) = unit[unit[declaration].type].kind,
      parameters.indices.contains(position),
      case .pointer(let pointee) = unit[parameters[position]].kind
    else { return nil }
    switch unit[pointee].kind {
    case .record: return unit[pointee].sizeBytes > 0 ? unit[pointee].sizeBytes : nil
    case .integer where unit[pointee].sizeBytes == 1:
      guard isOfKernel(call.callee) else { return nil }
      // A name, or as many as it is told of.
      let told = zip(parameters, call.arguments).compactMap { type, value -> Int? in
        guard case .integer = unit[type].kind, value <= 1 << 16 else { return nil }
        return Int(value)
      }
      return max(Self.longestName, told.max() ?? 0)
    default: return nil
    }
  }

  /// Of the names that drivers have the kernel write into their objects.
  private static let longestName = 64

  /// Which of some addresses an argument is, or the object that it points to holds.
  private func told(
    by argument: UInt64,
    of addresses: [UInt64],
    _ interpreter: Interpreter
  ) -> Set<UInt64> {
    guard !addresses.isEmpty else { return [] }
    var told: Set<UInt64> = [argument]
    guard interpreter.object(at: argument) != nil else { return told }
    interpreter.work += addresses.count
    let wanted = Set(addresses)
    interpreter.forEachWord(at: argument) { if wanted.contains($0) { told.insert($0) } }
    return told
  }
}
