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

  init(unit: CUnit, relativePath: @escaping (String) -> String) {
    self.unit = unit
    self.relativePath = relativePath
  }

  /// A candidate, before it has a witness.
  private struct Candidate {
    var id: String
    var message: String
    var site: Site
    var related: [(Site, String)]
    var isLeak = false
  }

  mutating func collect(_ explorer: FaultExplorer, _ model: DeviceModel) throws(MachineError) {
    let base = explorer.runs.first
    // Fewer faults first, then fewer questions: the first run that shows a cause is the witness.
    let ordered = explorer.runs.sorted {
      ($0.plan.answers.count, $0.questions.count) < ($1.plan.answers.count, $1.questions.count)
    }
    for run in ordered {
      guard let candidate = candidates(run, base, explorer).first else { continue }
      let interpreter = explorer.runner.interpreter
      guard let span = interpreter.span(candidate.site) else { continue }
      let location = place(span)
      // One place is one cause: on other devices the same mistake has other names.
      let family = candidate.id.hasPrefix("c-") ? candidate.id : "dma"
      let key = "\(family) \(location.path):\(location.line)"
      guard known.insert(key).inserted else { continue }
      let witness = try witness(run, explorer, model, candidate)
      findings.append(
        Finding(
          id: candidate.id,
          severity: FindingCatalogue[candidate.id]?.severity ?? .error,
          location: location,
          message: candidate.message,
          related: candidate.related.compactMap { site, text in
            interpreter.span(site).map { Finding.Related(location: place($0), message: text) }
          },
          witness: witness,
          context:
            "\(interpreter.functionName(candidate.site)) \(run.faults.joined(separator: ","))"
        )
      )
    }
  }

  private func place(_ span: SourceSpan) -> SourceLocation {
    SourceLocation(
      path: relativePath(unit.files[Int(span.file)]),
      line: Int(span.line),
      column: Int(span.column)
    )
  }

  // MARK: What a run shows

  /// The first is the cause; what follows it in the same run is its consequence.
  private func candidates(
    _ run: LifecycleRun,
    _ base: LifecycleRun?,
    _ explorer: FaultExplorer
  ) -> [Candidate] {
    var found: [Candidate] = []
    // What a teardown does wrong proves nothing unless it belongs to the setup.
    let mayBlameTeardown = explorer.isPaired
    let teardownNames = Set(explorer.runner.lifecycle.teardowns.map(\.name))
    for report in run.reports {
      let isInTeardown = report.stack.contains {
        teardownNames.contains(explorer.runner.interpreter.functionName($0))
      }
      guard mayBlameTeardown || !isInTeardown else { continue }
      if let candidate = candidate(report, run) {
        found.append(candidate)
      }
    }
    switch run.end {
    case .stopped(let stop):
      if let candidate = fault(stop, run, base) { found.append(candidate) }
    case .refused:
      found.append(
        contentsOf: leaks(
          run,
          "is still held when \(explorer.runner.lifecycle.setup.name)() has failed"
        )
      )
      for object in run.lost where !run.faults.isEmpty {
        found.append(
          Candidate(
            id: "c-memory-leak",
            message: "\(object.name) is lost when \(explorer.runner.lifecycle.setup.name)() fails",
            site: object.allocated,
            related: [],
            isLeak: true
          )
        )
      }
    case .finished:
      if explorer.isPaired {
        found.append(
          contentsOf: leaks(run, "is still held after \(run.teardown ?? "the teardown")()")
        )
      }
    }
    return found
  }

  private func candidate(
    _ report: DriverHost.Report,
    _ run: LifecycleRun
  ) -> Candidate? {
    let violation = report.violation
    // An invented length of zero proves nothing about the callers there really are.
    if violation.id == .dmaZeroLength, run.hasZeroInput { return nil }
    if violation.address == Machine.dmaMappingError, let failed = run.failedMapping {
      return Candidate(
        id: ViolationID.dmaMappingErrorUnchecked.rawValue,
        message: "the result is not tested with dma_mapping_error()",
        site: failed,
        related: [(report.site, violation.message)]
      )
    }
    return Candidate(
      id: violation.id.rawValue,
      message: violation.message,
      site: report.site,
      related: report.conflict.map { [($0, "the earlier call")] } ?? []
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

  /// A fault of C, when the run proves that it is the code's and not that of an invented input.
  private func fault(
    _ stop: ExecutionStop,
    _ run: LifecycleRun,
    _ base: LifecycleRun?
  ) -> Candidate? {
    guard case .fault(let kind) = stop.reason else { return nil }
    var baseIsClean = true
    if case .stopped(let stop)? = base?.end, stop.isFault { baseIsClean = false }
    let isOwnObject = stop.origin.map { $0 != .none } ?? false
    let id: String
    switch kind {
    case .outOfBounds: id = "c-out-of-bounds"
    case .useAfterFree where isOwnObject: id = "c-use-after-free"
    case .doubleFree where isOwnObject: id = "c-double-free"
    case .uninitialisedRead: id = "c-uninitialised-read"
    case .nullDereference, .wildAccess:
      guard !run.faults.isEmpty, baseIsClean else { return nil }
      id = kind == .nullDereference ? "c-null-dereference" : "c-wild-dereference"
    case .useAfterFree, .doubleFree, .invalidFree, .divisionByZero, .bug: return nil
    }
    var related: [(Site, String)] = []
    if let origin = stop.origin, origin != .none { related.append((origin, "allocated here")) }
    if let freed = stop.freed, freed != .none { related.append((freed, "freed here")) }
    return Candidate(id: id, message: stop.message, site: stop.site, related: related)
  }

  // MARK: Witness

  /// Steps of a witness; the middle of a longer one is left out.
  private static let stepLimit = 40

  private func witness(
    _ run: LifecycleRun,
    _ explorer: FaultExplorer,
    _ model: DeviceModel,
    _ candidate: Candidate
  ) throws(MachineError) -> Witness {
    let runner = explorer.runner
    _ = try runner.run(run.plan, teardown: explorer.teardown, traced: true)
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
      let location = span.map(place)
      let arguments = event.arguments.map(Self.text).joined(separator: ", ")
      let value = event.result.map { " = " + Self.text($0) } ?? ""
      switch event.kind {
      case .enter:
        let text = "\(name)(\(arguments))"
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
    if steps.count > Self.stepLimit {
      let left = steps.count - Self.stepLimit
      let head = Self.stepLimit / 4
      steps.replaceSubrange(
        head..<(head + left),
        with: [Witness.Step(text: "(\(left) calls that are not shown)")]
      )
    }
    steps.append(
      Witness.Step(
        location: interpreter.span(candidate.site).map(place),
        text: "\(candidate.id): \(candidate.message)"
      )
    )
    return Witness(machine: model.name, faults: run.faults, steps: steps)
  }

  /// A value as a reader wants it: small numbers in decimal, errors negative, the rest in hex.
  private static func text(_ value: UInt64) -> String {
    let signed = Int64(bitPattern: value)
    if signed < 0, signed >= -4096 { return "\(signed)" }
    if value >> 32 == 0xffff_ffff { return "\(signed)" }
    return value < 65536 ? "\(value)" : "0x" + String(value, radix: 16)
  }
}
