// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// Turns what runs show into findings, each once, at its cause, with the shortest run as witness.
struct FindingCollector {
  let unit: CUnit
  let relativePath: (String) -> String
  private(set) var findings: [Finding] = []
  private var known: Set<String> = []
  /// The only ids that are wanted; nil for all.
  var onlyIDs: Set<String>?
  /// The lifecycles that were executed so far, by their setups; nil where callers are not asked.
  var explored: [String: Explored]?
  /// Candidates that depend on what nobody knows, and are not reported.
  private(set) var refuted: Set<String> = []
  /// Setups whose teardown is reported for unmapping nothing.
  private var forgetful: Set<String> = []
  /// Runs that leave something mapped, by setup and deviations.
  private var leakingRuns: Set<String> = []
  /// Setups whose ordinary run breaks the two-step protocol.
  private var brokenSetups: Set<String> = []

  init(unit: CUnit, relativePath: @escaping (String) -> String) {
    self.unit = unit
    self.relativePath = relativePath
  }

  /// A candidate, before it has a witness.
  struct Candidate {
    var id: String
    var message: String
    var site: Site
    var related: [(Site, String)]
    var isLeak = false
    var isInTeardown = false
    /// Likely, and no more than that.
    var isWarning = false
    /// A value that nobody knows took part.
    var dependsOnUnknown = false
    /// See ``DriverHost/Report/needsTurn``.
    var needsTurn = false
    /// See ``DriverHost/Report/isAboutBytes``.
    var isAboutBytes = true
  }

  mutating func collect(_ explorer: FaultExplorer, _ model: DeviceModel) throws(MachineError) {
    let base = explorer.runs.first
    // Fewer faults first, then fewer questions: the first run that shows a cause is the witness.
    let ordinary = explorer.runs.map { (script: explorer.script, run: $0) }.sorted {
      ($0.run.plan.answers.count, $0.run.questions.count)
        < ($1.run.plan.answers.count, $1.run.questions.count)
    }
    for (script, run) in ordinary + explorer.extraRuns {
      let all = candidates(run, base, explorer)
      guard !all.isEmpty, !run.hasOddCount, !run.hasZeroSize else { continue }
      // What is only likely does not hide what is proved.
      let isShown = { [onlyIDs] (candidate: Candidate) in
        let isOfC = candidate.id.hasPrefix("c-")
        return (onlyIDs?.contains(candidate.id) ?? true)
          && (run.plan.variation == 0 || candidate.id == "dma-unmap-size")
          && !(candidate.isLeak
            && (run.isOrdinaryRefusal || (run.deviatesInKnowledge && base?.undoesItself != true)))
          && !(Self.aboutSyncedBytes.contains(candidate.id) && candidate.isAboutBytes
            && run.deviatesInAmounts)
          && !((candidate.isLeak || candidate.id.hasPrefix("dma-unmap")) && run.deviatesAfterSetup)
          && !(isOfC && run.deviatesInOneOfSeveralCounts)
          && !((isOfC || Self.aboutRings.contains(candidate.id)
            || (candidate.isLeak && run.isFinished && !run.deviatesInResultsOnly))
            && run.deviatesInKeptState)
      }
      let shown =
        all.first { !$0.isWarning && isShown($0) } ?? all.first { $0.isWarning && isShown($0) }
      // That the same object is used again is an assumption, which memory need not share.
      guard let candidate = shown, !script.repeats || !Self.dependsOnOwner(candidate) else {
        continue
      }
      try report(candidate, run, script, explorer, model)
    }
  }

  /// Reports what a run shows, unless it is known or does not stand up to doubt.
  mutating func report(
    _ shown: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer,
    _ model: DeviceModel
  ) throws(MachineError) {
    var candidate = shown
    // How much there is to write its callers know, and all of them are here.
    if candidate.id == "c-out-of-bounds", explorer.runner.lifecycle.isOnlyCalledHere,
      run.deviatesInArguments
    {
      return
    }
    let interpreter = explorer.runner.interpreter
    guard let span = interpreter.span(candidate.site) else { return }
    let location = place(span)
    // What is forgotten with all that it holds is one cause, on whichever device it shows.
    let name = "\(explorer.runner.lifecycle.setup.name) \(run.deviations)"
    if candidate.isLeak, !candidate.id.hasPrefix("c-") { leakingRuns.insert(name) }
    if candidate.id == "c-memory-leak", leakingRuns.contains(name) { return }
    // One place is one cause: on other devices the same mistake has other names.
    let isOfItsOwn = candidate.id.hasPrefix("c-") || candidate.id == "iova-missing-fallback"
    let family = isOfItsOwn ? candidate.id : "dma"
    let key = "\(family) \(location.path):\(location.line)"
    // What one sequence of functions does not prove another may.
    let isOnlyCalledHere = explorer.runner.lifecycle.isOnlyCalledHere
    let names = (isOnlyCalledHere ? [script.setup] : []) + script.middle
    let question = ([model.name] + names.map(\.name) + [key]).joined(separator: " ")
    // By itself a function may be called with anything.
    guard !known.contains(key), onlyIDs != nil || !refuted.contains(question) else { return }
    // What goes wrong because of an earlier call that is blamed already is its consequence.
    let earlier = candidate.related.compactMap { interpreter.span($0.0).map(place) }
    guard !earlier.contains(where: { known.contains("\(family) \($0.path):\($0.line)") }) else {
      return
    }
    // A function by itself: one input that it may be given is enough.
    let isProved =
      onlyIDs != nil
      ? try !relatesMembers(candidate, run, script, explorer)
      : try holds(candidate, at: location, run, script, explorer)
    guard isProved else {
      refuted.insert(question)
      return
    }
    guard try !isGivenBackLater(candidate, run, script, explorer) else { return }
    if try isLeftToTheCaller(candidate, run, script, explorer) {
      guard !explorer.runner.lifecycle.isEndedAnyway else { return }
      candidate.isWarning = true
    }
    if candidate.isLeak,
      run.failsStrangerAgain || run.failsWithAnAmount || run.presumesNone
    {
      candidate.isWarning = true
    }
    // Who gives the values may keep them within bounds that the code does not show (README.md).
    if candidate.id == "c-out-of-bounds", onlyIDs == nil, run.isGivenValues {
      candidate.isWarning = true
      candidate.message += ", with what it is given here"
    }
    // One of those who call who calls it unmaps, and may know what is left in an object.
    let lifecycle = explorer.runner.lifecycle
    if candidate.isLeak, run.isRefused, lifecycle.isOnlyCalledHere, lifecycle.isUndoneByCallers {
      candidate.isWarning = true
    }
    let setup = explorer.runner.lifecycle.setup.name
    if onlyIDs == nil, !candidate.isWarning {
      switch confirmation(candidate, run, explorer) {
      case .given: break
      case .missing:
        candidate.isWarning = true
        candidate.message += ", where \(setup)() is run by itself"
      case .refuted:
        refuted.insert(question)
        return
      }
    }
    // A teardown that unmaps nothing at all is one cause, whatever the setup had mapped.
    if candidate.isLeak, explorer.runner.lifecycle.forgets, !forgetful.insert(setup).inserted {
      return
    }
    if Self.aboutLinks.contains(candidate.id), brokenSetups.contains(setup) { return }
    if run.faults.isEmpty, !candidate.isInTeardown, candidate.id.hasPrefix("iova-") {
      brokenSetups.insert(setup)
    }
    known.insert(key)
    try add(candidate, at: location, run, script, explorer, model)
  }

  /// Whether a run that uses its object a second time may show it only because the owner does more in
  /// between: resets memory, or calls a setup that first gives back what it had.
  private static func dependsOnOwner(_ candidate: Candidate) -> Bool {
    candidate.id.hasPrefix("c-") || candidate.id == "dma-overlap"
      || candidate.id == "dma-double-unmap"
  }

  /// What one run shows that was made again: nothing is doubted or left out.
  mutating func collectAgain(
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer,
    _ model: DeviceModel
  ) throws(MachineError) {
    let all =
      run.plan.trial == nil
      ? candidates(run, explorer.runs.first, explorer) : [sizeCandidate(run)].compactMap { $0 }
    for candidate in all {
      guard let span = explorer.runner.interpreter.span(candidate.site) else { continue }
      try add(candidate, at: place(span), run, script, explorer, model)
    }
  }

  mutating func add(
    _ candidate: Candidate,
    at location: SourceLocation,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer,
    _ model: DeviceModel
  ) throws(MachineError) {
    let interpreter = explorer.runner.interpreter
    let witness = try witness(run, script, explorer, model, candidate)
    findings.append(
      Finding(
        id: candidate.id,
        severity: candidate.isWarning
          ? .warning : FindingCatalogue[candidate.id]?.severity ?? .error,
        location: location,
        message: candidate.message,
        related: candidate.related.compactMap { site, text in
          interpreter.span(site).map { Finding.Related(location: place($0), message: text) }
        },
        witness: witness,
        context: "\(interpreter.functionName(candidate.site)) \(run.faults.joined(separator: ","))"
      )
    )
  }

  /// Whether a cause has not been reported; it counts as reported from now on.
  mutating func isNew(_ key: String) -> Bool { known.insert(key).inserted }

  /// How much is synced of what was mapped, two sizes in the driver's state may say.
  private static let aboutSyncedBytes: Set<String> = ["coherency-missing-sync", "dma-sync-range"]

  /// What goes round a ring too far meets entries again, where other numbers say how long that is.
  private static let aboutRings: Set<String> = ["dma-overlap", "dma-double-unmap"]

  /// What comes out wrong in error paths when the setup has linked or synced what it should not.
  private static let aboutLinks: Set<String> = [
    "iova-destroy-length", "iova-unlink-mismatch", "iova-range-leak", "iova-leak",
    "iova-sync-outside-linked", "iova-missing-sync",
  ]

  func place(_ span: SourceSpan) -> SourceLocation {
    SourceLocation(
      path: relativePath(unit.files[Int(span.file)]),
      line: Int(span.line),
      column: Int(span.column)
    )
  }

  // MARK: What a run shows

  /// The first is the cause; what follows it in the same run is its consequence.
  func candidates(
    _ run: LifecycleRun,
    _ base: LifecycleRun?,
    _ explorer: FaultExplorer
  ) -> [Candidate] {
    var found: [Candidate] = []
    // What a teardown does wrong proves nothing unless it belongs to the setup.
    let mayBlameTeardown = explorer.isPaired
    let lifecycle = explorer.runner.lifecycle
    let teardownNames = Set(lifecycle.undoers.map(\.name))
    let middleNames = Set(explorer.script.middle.map(\.name))
    for report in run.reports {
      // What a run on an impossible input goes on to do proves nothing.
      if isAboutAnInput(report, run) { return found }
      if run.doubts(report) { continue }
      let stack = report.stack.map(explorer.runner.interpreter.functionName)
      let isInTeardown =
        !middleNames.contains(stack.last ?? "") && stack.contains(where: teardownNames.contains)
      guard mayBlameTeardown || !isInTeardown else { continue }
      if var candidate = candidate(report, run) {
        candidate.isInTeardown = isInTeardown
        candidate.isWarning = report.isWarning
        found.append(candidate)
      }
    }
    switch run.end {
    case .stopped(let stop):
      if let candidate = fault(stop, run, base, explorer) { found.append(candidate) }
    case .refused:
      // What a helper leaves when it fails its caller may take care of.
      guard !lifecycle.isHelper || (!lifecycle.isUndoneByCallers && run.deviatesInResultsOnly),
        !(run.isDoubtful && run.deviatesInInputs)
      else {
        break
      }
      // What the ordinary run keeps when it is refused, and undoes nothing, is under way.
      let kept =
        base?.isRefused == true && base?.unmapCalls == 0 ? Set(base?.leaks.map(\.site) ?? []) : []
      let when = "is still held when \(run.refusing ?? "the setup")() has failed"
      found += leaks(run.leaks, when).filter {
        run.plan.answers.isEmpty || !kept.contains($0.site)
      }
      for object in run.lost where !run.faults.isEmpty {
        found.append(
          Candidate(
            id: "c-memory-leak",
            message: "\(object.name) is lost when \(run.refusing ?? "the setup")() fails",
            site: object.allocated,
            related: [],
            isLeak: true
          )
        )
      }
    case .finished:
      // A function that undoes one element in one run need not undo all in another.
      let isWhole = !lifecycle.further.contains { $0.name == run.teardown }
      if run.isOver {
        found += leaks(run.leaks, "is still held when the request has been given back").filter {
          $0.id == "dma-leak"
        }
        break
      }
      // Who has done all that there was to do when it returns, leaves nothing to others when less was
      // done.
      if base?.undoesItself == true, !explorer.isPaired,
        lifecycle.isUndoneByItself, run.deviatesInResultsOnly
      {
        found += leaks(run.left, "is still held when \(lifecycle.setup.name)() has returned")
      }
      if explorer.isPaired, isWhole {
        found.append(
          contentsOf: leaks(run.leaks, "is still held after \(run.teardown ?? "the teardown")()")
        )
      }
    }
    return found
  }

  /// Whether the run only shows that an invented length or address cannot be mapped.
  func isAboutAnInput(_ report: DriverHost.Report, _ run: LifecycleRun) -> Bool {
    switch report.id {
    case .dmaZeroLength: run.deviatesInNumbers || report.dependsOnUnknown
    case .dmaMapInvalid: report.dependsOnUnknown
    case .hmmIndexUnits, .iovaLinkUnaligned, .iovaLinkOutOfBounds:
      report.dependsOnUnknown && run.deviatesInInputs
    default: false
    }
  }

  private func candidate(
    _ report: DriverHost.Report,
    _ run: LifecycleRun
  ) -> Candidate? {
    if let failed = report.untested {
      return Candidate(
        id: ViolationID.dmaMappingErrorUnchecked.rawValue,
        message: "the result is not tested with dma_mapping_error()",
        site: failed,
        related: [(report.site, report.message)]
      )
    }
    return Candidate(
      id: report.findingID,
      message: report.message,
      site: report.site,
      related: report.conflict.map { [($0, "the other call")] } ?? [],
      isLeak: report.findingID == "c-memory-leak",
      dependsOnUnknown: report.dependsOnUnknown,
      needsTurn: report.needsTurn,
      isAboutBytes: report.isAboutBytes
    )
  }

  private func leaks(
    _ held: [(violation: Violation, site: Site)],
    _ when: String
  ) -> [Candidate] {
    held.map { leak in
      Candidate(
        id: leak.violation.id.rawValue,
        message: "what is mapped here \(when)",
        site: leak.site,
        related: [],
        isLeak: true
      )
    }
  }

  /// Whether a run ended early with what the driver is to blame for.
  func blames(_ run: LifecycleRun, _ explorer: FaultExplorer) -> Bool {
    guard case .stopped(let stop) = run.end else { return false }
    return fault(stop, run, explorer.runs.first, explorer) != nil
  }

  /// A fault of C, when the run proves that it is the code's and not that of an invented input.
  private func fault(
    _ stop: ExecutionStop,
    _ run: LifecycleRun,
    _ base: LifecycleRun?,
    _ explorer: FaultExplorer
  ) -> Candidate? {
    guard case .fault(let told) = stop.reason, !run.isDoubtful else { return nil }
    // What has failed may have returned NULL, of which a member looks like memory of no bytes.
    let kind: ExecutionStop.Fault =
      told == .zeroSized && !run.faults.isEmpty ? .nullDereference : told
    // Which element it is does not matter when the whole is gone.
    guard !stop.dependsOnUnknown || kind == .useAfterFree || kind == .doubleFree else { return nil }
    var baseIsClean = true
    if case .stopped(let stop)? = base?.end, stop.isFault { baseIsClean = false }
    let isOwnObject = stop.origin.map { $0 != .none } ?? false
    let id: String
    switch kind {
    case .outOfBounds: id = "c-out-of-bounds"
    // Who asks for none, by what he hands over, is to be refused or given none.
    case .zeroSized where run.asksForNone && !explorer.runner.lifecycle.isCalledHere:
      id = "c-out-of-bounds"
    case .useAfterFree where isOwnObject: id = "c-use-after-free"
    case .doubleFree where isOwnObject: id = "c-double-free"
    case .uninitialisedRead: id = "c-uninitialised-read"
    case .nullDereference, .wildAccess:
      guard !run.faults.isEmpty, run.failsKnownCallsOnly, baseIsClean else { return nil }
      id = kind == .nullDereference ? "c-null-dereference" : "c-wild-dereference"
    case .useAfterFree, .doubleFree, .invalidFree, .divisionByZero, .bug, .zeroSized: return nil
    }
    var related: [(Site, String)] = []
    if let origin = stop.origin, origin != .none { related.append((origin, "allocated here")) }
    if let freed = stop.freed, freed != .none { related.append((freed, "freed here")) }
    // A fault inside an inline function of a header is the fault of who called it.
    let interpreter = explorer.runner.interpreter
    let site = stop.cause ?? run.stack.first { interpreter.span($0)?.file == 0 } ?? stop.site
    return Candidate(id: id, message: stop.message, site: site, related: related)
  }
}
