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
          && !(candidate.isLeak && (run.isOrdinaryRefusal || run.deviatesInKnowledge))
          && !(Self.aboutSyncedBytes.contains(candidate.id) && run.deviatesInAmounts)
          && !((candidate.isLeak || candidate.id.hasPrefix("dma-unmap")) && run.deviatesAfterSetup)
          && !(isOfC && run.deviatesInOneOfSeveralCounts)
          && !((isOfC || Self.aboutRings.contains(candidate.id)
            || (candidate.isLeak && run.isFinished)) && run.deviatesInKeptState)
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
    let interpreter = explorer.runner.interpreter
    guard let span = interpreter.span(candidate.site) else { return }
    let location = place(span)
    // What is forgotten with all that it holds is one cause, on whichever device it shows.
    let name = "\(explorer.runner.lifecycle.setup.name) \(run.deviations)"
    if candidate.isLeak, !candidate.id.hasPrefix("c-") { leakingRuns.insert(name) }
    if candidate.id == "c-memory-leak", leakingRuns.contains(name) { return }
    // One place is one cause: on other devices the same mistake has other names.
    let family = candidate.id.hasPrefix("c-") ? candidate.id : "dma"
    let key = "\(family) \(location.path):\(location.line)"
    // What one sequence of functions does not prove another may.
    let question = ([model.name] + script.middle.map(\.name) + [key]).joined(separator: " ")
    // By itself a function may be called with anything.
    guard !known.contains(key), onlyIDs != nil || !refuted.contains(question) else { return }
    // What goes wrong because of an earlier call that is blamed already is its consequence.
    let earlier = candidate.related.compactMap { interpreter.span($0.0).map(place) }
    guard !earlier.contains(where: { known.contains("\(family) \($0.path):\($0.line)") }) else {
      return
    }
    // A function by itself: one input that it may be given is enough.
    let isProved =
      onlyIDs != nil ? true : try holds(candidate, at: location, run, script, explorer)
    guard isProved else {
      refuted.insert(question)
      return
    }
    guard try !isRemembered(candidate, run, script, explorer),
      try !isUndoneLater(candidate, run, script, explorer)
    else { return }
    if try isLeftToTheCaller(candidate, run, script, explorer) {
      guard !explorer.runner.lifecycle.isPrivateCallback else { return }
      candidate.isWarning = true
    }
    let setup = explorer.runner.lifecycle.setup.name
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
      if report.isDoubtful, run.deviatesInInputs { continue }
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
      guard !explorer.runner.lifecycle.isHelper, !(run.isDoubtful && run.deviatesInInputs) else {
        break
      }
      // What the ordinary run keeps when it is refused, and undoes nothing, is under way.
      let kept =
        base?.isRefused == true && base?.unmapCalls == 0 ? Set(base?.leaks.map(\.site) ?? []) : []
      found += leaks(run, "is still held when \(run.refusing ?? "the setup")() has failed").filter {
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
      if explorer.isPaired, isWhole {
        found.append(
          contentsOf: leaks(run, "is still held after \(run.teardown ?? "the teardown")()")
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
      dependsOnUnknown: report.dependsOnUnknown
    )
  }

  private func leaks(_ run: LifecycleRun, _ when: String) -> [Candidate] {
    run.leaks.map { leak in
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

  // MARK: Witness

  /// Steps of a witness; the middle of a longer one is left out.
  private static let stepLimit = 40

  private func witness(
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer,
    _ model: DeviceModel,
    _ candidate: Candidate
  ) throws(MachineError) -> Witness {
    var steps = try steps(of: run, script, explorer)
    if steps.count > Self.stepLimit {
      let interpreter = explorer.runner.interpreter
      let failed = run.plan.answers.keys.filter { run.questions.indices.contains($0) }.map {
        run.questions[$0].site
      }
      let places = ([candidate.site] + candidate.related.map(\.0) + failed).compactMap {
        interpreter.span($0).map(place)
      }
      steps = Self.shortened(steps, places)
    }
    steps.append(
      Witness.Step(
        location: explorer.runner.interpreter.span(candidate.site).map(place),
        text: "\(candidate.id): \(candidate.message)"
      )
    )
    var witness = Witness(
      machine: model.name,
      faults: run.premises + run.deviations,
      steps: steps
    )
    witness.replay = Replay(script, run, device: model.name).description
    return witness
  }

  /// The beginning, the end, and between them the calls at the places that matter, as far as they
  /// fit.
  private static func shortened(
    _ steps: [Witness.Step],
    _ places: [SourceLocation]
  ) -> [Witness.Step] {
    let edge = stepLimit / 4
    var shown = Set(steps.indices.prefix(edge) + steps.indices.suffix(edge))
    let told = steps.indices.filter { index in
      places.contains {
        $0.path == steps[index].location?.path && $0.line == steps[index].location?.line
      }
    }
    // A place in a loop is passed often: the first and the last times say what there is to say.
    shown.formUnion(told.prefix(edge) + told.suffix(edge / 2))
    for index in steps.indices.reversed() where shown.count < stepLimit { shown.insert(index) }
    var result: [Witness.Step] = []
    var left = 0
    for (index, step) in steps.enumerated() {
      guard !shown.contains(index) else {
        if left > 0 { result.append(Witness.Step(text: "(\(left) calls that are not shown)")) }
        left = 0
        result.append(step)
        continue
      }
      left += 1
    }
    return result
  }

  /// What macros leave of a message, a check of sizes or a short wait, and what says nothing.
  private static let asides = ["arch_static_branch", "fortify_", "__const_udelay", "__dynamic_"]

  /// What was called in a run, with what, and what it returned.
  func steps(
    of run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> [Witness.Step] {
    let runner = explorer.runner
    _ = try runner.run(run.plan, script, traced: true)
    let interpreter = runner.interpreter
    var steps: [Witness.Step] = []
    for event in interpreter.trace ?? [] {
      guard event.function.index >= 0, unit[event.function].kind == .function else { continue }
      let name = unit[event.function].name
      let span = interpreter.span(event.site)
      // What headers do inside is no help to a reader, save where it reaches the API.
      guard
        span == nil || span?.file == 0 || MappingRoles.mapping.contains(name)
          || MappingRoles.unmapping.contains(name)
      else { continue }
      guard !Self.asides.contains(where: name.hasPrefix) else { continue }
      let location = span.map(place)
      let arguments = event.arguments.map(Self.text).joined(separator: ", ")
      let value = event.result.map { " = " + Self.text($0) } ?? ""
      switch event.kind {
      case .enter:
        let isBetween = event.depth == 0 && script.middle.contains { $0.name == name }
        let text = "\(name)(\(arguments))" + (isBetween ? ", while the device works" : "")
        steps.append(Witness.Step(location: location, depth: event.depth, text: text))
      case .leave where event.depth <= 1 || event.result != nil:
        let depth = max(event.depth - 1, 0)
        steps.append(
          Witness.Step(location: location, depth: depth, text: "\(name) returns\(value)")
        )
      case .leave: break
      case .outside:
        let text = "\(name)(\(arguments))\(value)"
        steps.append(Witness.Step(location: location, depth: event.depth, text: text))
      }
    }
    return Self.folded(steps)
  }

  /// Calls of one function from one place, one after the other: the first, and how many follow.
  private static func folded(_ steps: [Witness.Step]) -> [Witness.Step] {
    func key(_ step: Witness.Step) -> String {
      "\(step.depth) \(step.location?.line ?? 0) \(step.text.prefix { $0 != "(" })"
    }
    var result: [Witness.Step] = []
    var start = 0
    while start < steps.count {
      var end = start + 1
      while end < steps.count, key(steps[end]) == key(steps[start]) { end += 1 }
      result.append(steps[start])
      if end - start == 2 { result.append(steps[end - 1]) }
      if end - start > 2 {
        let text = "(\(end - start - 1) more times)"
        result.append(Witness.Step(depth: steps[start].depth, text: text))
      }
      start = end
    }
    return result
  }

  /// A value as a reader wants it: small numbers in decimal, errors negative, the rest in hex.
  private static func text(_ value: UInt64) -> String {
    let signed = Int64(bitPattern: value)
    if signed < 0, signed >= -4096 { return "\(signed)" }
    if value >> 32 == 0xffff_ffff { return "\(signed)" }
    return value < 65536 ? "\(value)" : "0x" + String(value, radix: 16)
  }
}
