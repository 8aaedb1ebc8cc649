// SPDX-License-Identifier: GPL-2.0-only

public import DriverCheck
internal import Findings
internal import Rules

/// What executing both versions of a function pair showed.
public struct Proof: Sendable, Hashable, Codable {
  public var setup: String
  public var teardown: String?
  /// Pairs of runs that do the same, and those of them in which a call was made to fail.
  public var runs: Int
  public var faults: Int
  public var devices: [String]
  /// Pairs that could not be compared, by reason.
  public var notCompared: [String: Int]
  public var costs: [LifecycleComparison.Cost]
}

/// Executes the changed functions, before and after, against the model of the DMA API.
struct ExecutionGates {
  let files: EditedFiles
  let before: ParsedSource
  let after: ParsedSource
  /// What the rule saves.
  let gain: LifecycleComparer.Gain

  private var setup: String { files.proposal.lifecycle?.setup ?? files.proposal.mapFunction }
  private var teardowns: [String] {
    files.proposal.lifecycle?.teardowns ?? files.proposal.unmapFunctions
  }

  /// The functions that map and unmap break no promise on any device, with any single fault, that
  /// they kept before.
  func engineClean() -> GateResult {
    var options = DriverChecker.Options()
    options.touching = Set(
      [files.proposal.mapFunction, setup] + files.proposal.unmapFunctions + teardowns
    )
    options.triesPairs = false
    options.runLimit = 150
    options.stepLimit = 200_000
    options.stepBudget = 4_000_000
    let new = DriverChecker(after.unit, options: options).check()
    guard !new.findings.isEmpty else { return clean(new) }
    let old = Set(
      DriverChecker(before.unit, options: options).check().findings.flatMap(Self.identities)
    )
    if let finding = new.findings.first(where: { old.isDisjoint(with: Self.identities($0)) }) {
      let faults = finding.witness.map { $0.faults.joined(separator: ", ") } ?? ""
      return Gate.engineClean.failed(
        "\(finding.id) in line \(finding.location.line): \(finding.message)"
          + (faults.isEmpty ? "" : " (\(faults))")
      )
    }
    return clean(new)
  }

  /// By what a finding is known again in the other version, whose lines are others: the function and
  /// what was made to fail, under whatever name a range has for it; or the same id in the same
  /// function, since the old calls are now the fallback, which only a refused range reaches.
  private static func identities(_ finding: Finding) -> Set<String> {
    let function = finding.context.prefix { $0 != " " }
    let family = finding.id.hasPrefix("c-") ? finding.id : "dma"
    return ["\(family) \(finding.context)", "\(finding.id) in \(function)"]
  }

  private func clean(_ result: DriverChecker.Result) -> GateResult {
    let runs = result.lifecycles.reduce(0) { $0 + $1.runs }
    let full = result.lifecycles.count { $0.coverage == .full }
    return Gate.engineClean.passed(
      "\(runs) runs of \(result.lifecycles.count) lifecycles, \(full) of them in full, break no "
        + "promise of the API that was kept before"
    )
  }

  /// Setup and each of its teardowns do the same in both versions, and cost less.
  func equivalent() -> (result: GateResult, proof: [Proof]) {
    let others = teardowns.filter { $0 != setup }
    var options = LifecycleComparer.Options()
    options.gain = gain
    let comparer = LifecycleComparer(before: before.unit, after: after.unit, options: options)
    var proofs: [Proof] = []
    var executed: Set<Int> = []
    var code: Set<Int> = []
    var otherSizes = 0
    let own = (others.isEmpty ? [nil] : others.map { Optional($0) }).map {
      LifecycleComparer.FunctionPair(setup: setup, teardown: $0)
    }
    let readers = files.proposal.readers.map(\.function)
    let callers = comparer.callers(
      of: setup,
      teardowns: others,
      changed: files.newLines,
      besides: Set(readers)
    )
    for (number, pair) in (own + callers).enumerated() {
      let comparison = comparer.compare(
        setup: pair.setup,
        teardown: pair.teardown,
        // What callers hand on is what the setup has made.
        readers: number < own.count ? readers : []
      )
      switch comparison.verdict {
      case .same: break
      case .differs(let difference):
        let given =
          difference.deviations.isEmpty
          ? "" : " with \(difference.deviations.joined(separator: ", "))"
        return (
          Self.gate(for: difference.aspect).failed(
            "\(difference.message)\(given) (\(difference.machine))"
          ), []
        )
      case .unknown(let reason):
        return (Gate.equivalent.unproved("\(pair.setup)(): \(reason)"), [])
      }
      otherSizes += comparison.otherSizes
      code.formUnion(comparison.codeLines)
      executed.formUnion(comparison.executedLines)
      proofs.append(
        Proof(
          setup: pair.setup,
          teardown: pair.teardown,
          runs: comparison.runs,
          faults: comparison.faults,
          devices: comparison.machines,
          notCompared: comparison.obstacles,
          costs: comparison.costs
        )
      )
    }
    if let line = files.newLines.intersection(code).subtracting(executed).min() {
      return (Gate.equivalent.unproved("no run reaches the new line \(line)"), [])
    }
    if files.proposal.hasEntriesOfAnySize, otherSizes == 0 {
      return (Gate.equivalent.unproved("no run maps an entry of another size"), [])
    }
    return (Gate.equivalent.passed(Self.summary(proofs)), proofs)
  }

  private static func gate(for aspect: LifecycleComparison.Aspect) -> Gate {
    aspect == .engine ? .engineClean : .equivalent
  }

  static func summary(_ proofs: [Proof]) -> String {
    let runs = proofs.reduce(0) { $0 + $1.runs }
    let faults = proofs.reduce(0) { $0 + $1.faults }
    let devices = proofs.map(\.devices.count).max() ?? 0
    return "\(runs) pairs of runs on \(devices) devices, \(faults) of them with a call made to "
      + "fail, do the same before and after"
  }
}
