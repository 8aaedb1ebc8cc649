// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// An input and the value that a run tries for its size.
struct SizeTrial: Hashable {
  /// The key of the question; see ``ChoicePoint/key``.
  var key: String
  var value: UInt64
}

/// Where a size that lost bits got to.
struct SizeLoss {
  /// The arithmetic or the conversion that lost them.
  var loss: WrappedValue
  /// Where it is relied on, and by what: a call, or nil for a comparison.
  var site: Site
  var user: String?
}

/// Which values to try for the sizes and counts that a setup is given.
///
/// The code says itself by what it multiplies them: a value just above what a type holds divided by
/// that factor leaves a small number, with which an allocation or a mapping succeeds. What the code
/// refuses, as it should, is no finding.
struct SizeTrials {
  let runner: LifecycleRunner
  let script: RunScript

  /// Steps of one trial: a loop over that many pages need not come to its end.
  static let stepLimit = 200_000
  private static let mostQuestions = 4
  private static let mostValues = 8

  /// Questions of the ordinary run that ask for a size: integers that the setup is called with, and
  /// those that a process has given.
  func questions(_ base: LifecycleRun) -> [ChoicePoint] {
    let lifecycle = runner.lifecycle
    let arguments = lifecycle.isCalledHere || lifecycle.isHandedOut ? [:] : sizeArguments
    var seen: Set<String> = []
    let all = base.questions.filter {
      $0.kind == .input && ($0.isOfUser || arguments[$0.what] != nil)
        && seen.insert($0.what).inserted
    }
    return Array(all.prefix(Self.mostQuestions))
  }

  private var sizeArguments: [String: TypeID] {
    var result: [String: TypeID] = [:]
    for parameter in script.setup.parameters {
      let variable = runner.unit[parameter]
      guard isSize(variable.name, variable.type) else { continue }
      result[variable.name] = variable.type
    }
    return result
  }

  private static let otherWords: Set<Substring> = [
    "dir", "direction", "flags", "flag", "gfp", "addr", "address", "phys", "paddr", "id", "idx",
    "index", "cmd", "mask", "mode", "node", "irq", "value", "val",
  ]

  private func isSize(_ name: String, _ type: TypeID) -> Bool {
    guard case .integer = runner.unit[type].kind, runner.unit[type].sizeBytes >= 4 else {
      return false
    }
    return Self.otherWords.isDisjoint(with: name.lowercased().split(separator: "_"))
      && !["dma_addr_t", "phys_addr_t", "gfp_t"].contains(runner.unit[type].spelling)
  }

  /// Whether an answer has 32 bits or fewer.
  func isNarrow(_ question: ChoicePoint) -> Bool {
    (question.type ?? sizeArguments[question.what]).map { runner.unit[$0].sizeBytes <= 4 } ?? false
  }

  /// Values to try for one question, given by what the ordinary run multiplies its answer.
  func values(for question: ChoicePoint) throws(MachineError) -> [UInt64] {
    guard let type = question.type ?? sizeArguments[question.what],
      case .integer(let isSigned) = runner.unit[type].kind
    else { return [] }
    let ordinary = question.values[runner.basis[question.key] ?? 0]
    _ = try run(SizeTrial(key: question.key, value: ordinary))
    let isWide = runner.unit[type].sizeBytes == 8
    let most: UInt64 = isWide ? .max : isSigned ? UInt64(Int32.max) : UInt64(UInt32.max)
    let isOfUser = question.isOfUser
    // Who calls from the kernel with 32 bits has few elements; pages may be as many as there are.
    let least: UInt64 = isOfUser || isWide ? 2 : 4096
    let factors = runner.interpreter.factors.filter { (least...(1 << 20)).contains($0) }.sorted(
      by: >
    )
    var values = factors.map { (1 << 32) / $0 + 1 }
    if isWide { values.append((1 << 32) + 64) }
    if isWide || isOfUser { values += [(1 << 32) - 2, (1 << 31) - 2] }
    // A caller in the kernel has no such amounts; a process may say what it likes.
    if isWide, isOfUser { values += factors.map { UInt64.max / $0 + 1 } + [UInt64.max - 1] }
    var seen: Set<UInt64> = []
    return Array(values.filter { $0 <= most && seen.insert($0).inserted }.prefix(Self.mostValues))
  }

  /// One run that tries a value.
  func run(_ trial: SizeTrial) throws(MachineError) -> LifecycleRun {
    let limit = runner.interpreter.stepLimit
    runner.interpreter.stepLimit = min(limit, Self.stepLimit)
    defer { runner.interpreter.stepLimit = limit }
    var plan = ChoicePlan()
    plan.trial = trial
    return try runner.run(plan, script)
  }
}
