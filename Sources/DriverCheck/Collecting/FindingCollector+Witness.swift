// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// The run that shows a finding, as a reader follows it.
extension FindingCollector {
  /// Steps of a witness; the middle of a longer one is left out.
  private static let stepLimit = 40

  func witness(
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
    let events = interpreter.trace ?? []
    let race = raceCall(events, script)
    for (index, event) in events.enumerated() {
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
        let text = "\(name)(\(arguments))" + when(name, event.depth, script, isRace: index == race)
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

  /// What a reader is told of the time when the kernel calls a function.
  private func when(
    _ name: String,
    _ depth: Int,
    _ script: RunScript,
    isRace: Bool
  ) -> String {
    if depth == 0, script.middle.contains(where: { $0.name == name }) {
      return ", while the device works"
    }
    return isRace ? ", which may run until here" : ""
  }

  /// The call that the kernel makes while the teardown waits for the end of what it calls: of that
  /// function the last call that is not inside another one, in the function of the driver that was
  /// called last.
  private func raceCall(_ events: [TraceEvent], _ script: RunScript) -> Int? {
    guard script.racesTeardown, let name = script.middle.last?.name else { return nil }
    var found: Int?
    // Of the outermost call that is under way.
    var depth = Int.max
    for (index, event) in events.enumerated() {
      switch event.kind {
      case .enter where event.depth == 0: (found, depth) = (nil, Int.max)
      case .enter
      where event.depth <= depth && event.function.index >= 0
        && unit[event.function].name == name:
        (found, depth) = (index, event.depth)
      // The function that returns is still counted.
      case .leave where event.depth - 1 == depth: depth = Int.max
      default: break
      }
    }
    return found
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
