// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// What the model complains about, and at which of the driver's calls.
extension DriverHost {
  /// Keeps what a call of the model complained about.
  @discardableResult
  func note<Value>(_ outcome: Outcome<Value>, _ call: OutsideCall) -> Value {
    let site = call.interpreter.ownSite
    call.interpreter.work += Self.modelWork
    callSites[machine.callNumber] = site
    callStacks[machine.callNumber] = call.interpreter.callStack
    if MappingRoles.unmapping.contains(call.callee.name) { unmapCalls += 1 }
    if Self.changesState(call.callee.name) {
      effects?.append(
        Effect(name: call.callee.name, arguments: call.arguments, site: site, isOfTheAPI: true)
      )
    }
    for violation in outcome.violations { report(violation, call) }
    return outcome.value
  }

  /// What a call of the model costs, in steps.
  private static let modelWork = 250

  /// Whether a function of the API does something, and does not only answer.
  private static func changesState(_ name: String) -> Bool {
    MappingRoles.mapping.contains(name) || MappingRoles.unmapping.contains(name)
      || name.contains("_sync_") || name.hasSuffix("_sync")
  }

  /// Keeps what the device met when it used an address.
  func note(_ violation: Violation) {
    let site = violation.conflictingCall.flatMap { callSites[$0] } ?? .none
    reports.append(
      Report(
        id: violation.id,
        message: violation.message,
        address: violation.address,
        site: site,
        conflict: nil,
        stack: [],
        dependsOnUnknown: false
      )
    )
  }

  /// Writes its own physical address into some words of memory that is about to be mapped, so that
  /// what a device reads says where it read.
  func tag(_ physical: UInt64, _ size: UInt64) {
    guard machine.configuration.tracksContents else { return }
    for offset in DeviceTransfer.tags(of: size) {
      _ = machine.cpuWrite(physical &+ offset, DeviceTransfer.bytes(physical &+ offset))
    }
  }

  func report(_ violation: Violation, _ call: OutsideCall) {
    if violation.id == .dmaSyncUnmapped, let beside = mappingBeside(violation.address) {
      report(
        .dmaSyncRange,
        "the sync lies outside the 0x\(String(beside.size, radix: 16)) bytes that were mapped",
        address: violation.address,
        conflict: callSites[beside.call],
        call
      )
      return
    }
    guard !isAboutAnInput(violation) else {
      undidInput =
        undidInput
        || (violation.id == .dmaUnmapUnknown
          && (violation.address != 0 || (readsStranger && !undoesSetup)
            // Zero as well may be what the setup is handed to swap for a new one.
            || !isUndoing))
      return
    }
    let earlier = violation.conflictingCall.flatMap { callSites[$0] }
    let blamesEarlier = Self.omissions.contains(violation.id) && earlier != nil
    report(
      violation.id,
      violation.message,
      address: violation.address,
      site: blamesEarlier ? earlier : secondCaller(violation, call),
      conflict: blamesEarlier ? call.interpreter.ownSite : earlier,
      call
    )
  }

  /// When one place conflicts with itself: where the second way to it leaves the first.
  private func secondCaller(_ violation: Violation, _ call: OutsideCall) -> Site? {
    guard let earlier = violation.conflictingCall, let first = callStacks[earlier],
      callSites[earlier] == call.interpreter.ownSite
    else { return nil }
    let second = call.interpreter.callStack
    return zip(first.reversed(), second.reversed()).first { $0 != $1 }?.1
  }

  /// Whether what some calls have mapped was mapped once more by the same calls of the source: the
  /// driver does not know of it any more.
  func isMappedAnew(_ calls: [UInt32], since before: UInt32) -> Bool {
    let places = Set(calls.compactMap { callStacks[$0] })
    return callStacks.contains { $0.key > before && places.contains($0.value) }
  }

  /// What was left out at the earlier call, and shows at a later one.
  private static let omissions: Set<ViolationID> = [.iovaErrorIgnored, .dmaMappingErrorUnchecked]

  func report(
    _ id: ViolationID,
    _ message: String,
    address: UInt64 = 0,
    site: Site? = nil,
    conflict: Site? = nil,
    isWarning: Bool = false,
    finding: String? = nil,
    _ call: OutsideCall
  ) {
    reports.append(
      Report(
        id: id,
        message: message,
        address: address,
        site: site ?? call.interpreter.ownSite,
        conflict: conflict,
        stack: call.interpreter.callStack,
        dependsOnUnknown: call.unknownArguments != 0 || call.interpreter.hasReadUnknown,
        isWarning: isWarning,
        untested: address == Machine.dmaMappingError ? untestedFailures.last : nil,
        finding: finding,
        isDoubtful: isDoubtful
      )
    )
  }

  /// An address that the model never gave out came from an input: nothing says that the driver
  /// would really find it there.
  private func isAboutAnInput(_ violation: Violation) -> Bool {
    [.dmaUnmapUnknown, .dmaSyncUnmapped].contains(violation.id)
      && violation.address != Machine.dmaMappingError
      && !given.contains {
        $0 <= violation.address && violation.address - $0 < max(largestMapping, 1)
      }
  }

  /// The mapping whose address was taken for one that lies outside: with direct mapping, memory of
  /// another object is far away.
  private func mappingBeside(_ address: UInt64) -> Mapping? {
    guard model.configuration.translation == .direct, address != Machine.dmaMappingError,
      !returned.contains(address),
      let object = interpreter?.object(at: Memory.linearBase &+ address)
    else { return nil }
    return mappings.first {
      interpreter?.object(at: Memory.linearBase &+ $0.address)?.index == object.index
    }
  }

  /// Ends the run when a state or map that the caller made comes from another file.
  func requireMaker(of address: UInt64, _ call: OutsideCall) throws(ExecutionStop) {
    guard let missingMaker, call.interpreter.object(at: address)?.kind == .input else { return }
    throw call.interpreter.stopped(
      .unsupported,
      "\(missingMaker)() is called in another file, or by a function that takes other objects"
    )
  }

  /// Whether this call of the API is made to fail.
  func fails(_ call: OutsideCall) -> Bool { choose(2, call.callee.name, call.site) == 1 }

  func direction(_ value: UInt64) -> DMADirection {
    DMADirection(rawValue: UInt8(truncatingIfNeeded: value & 3)) ?? .none
  }
}
