// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelAPI
internal import KernelC
internal import SourceFacts

/// Executes the functions of a file that are part of the DMA API itself, on the engine's primitives
/// and with each of these made to fail in turn, and compares them with the engine's contract.
struct ImplementationChecker {
  /// What was done with one function of the API.
  struct Summary: Hashable {
    var functions: [String]
    var runs = 0
    /// Why runs ended early, and how often.
    var obstacles: [String: Int] = [:]
    var finished = 0
  }

  private let unit: CUnit
  private let program: Program
  private let relativePath: (String) -> String
  private(set) var findings: [Finding] = []
  private(set) var summaries: [Summary] = []
  private var known: Set<String> = []

  init(_ program: Program, relativePath: @escaping (String) -> String) {
    unit = program.unit
    self.program = program
    self.relativePath = relativePath
  }

  /// Names of the functions that are looked at here.
  static func names(in unit: CUnit) -> Set<String> {
    Set(unit.functions.compactMap(ImplementedFunction.init).map(\.function.name))
  }

  /// - Parameter concerns: whether a set of functions, by name, is to be looked at
  mutating func check(_ concerns: (Set<String>) -> Bool) {
    let names = Self.names(in: unit)
    for api in ImplementedAPI.all(in: unit) {
      let own = Set(api.functions.values.map(\.function.name))
      guard concerns(own) else { continue }
      var summary = Summary(functions: own.sorted())
      for model in Self.models(for: api.layer) {
        do throws(MachineError) {
          let lockstep = try Lockstep(program, api, model, implemented: names)
          for workload in Self.workloads(for: api) {
            try explore(workload, lockstep, model, &summary)
          }
        } catch {
          summary.obstacles[error.message, default: 0] += 1
        }
      }
      if summary.runs > 0 { summaries.append(summary) }
    }
  }

  private static func workloads(for api: ImplementedAPI) -> [Workload] {
    var workloads: [Workload] = []
    if api[.iovaAllocate] != nil { workloads += Workload.twoStep }
    if api[.map, .page] != nil || api[.map, .physical] != nil { workloads += Workload.memory }
    if api[.map, .scatterlist] != nil { workloads += Workload.lists }
    if api[.hmmMapAllocate] != nil { workloads += Workload.mirrors }
    return workloads
  }

  /// Every single failure of a primitive, after the ordinary run.
  private mutating func explore(
    _ workload: Workload,
    _ lockstep: Lockstep,
    _ model: DeviceModel,
    _ summary: inout Summary
  ) throws(MachineError) {
    try run(workload, ChoicePlan(), lockstep, model, &summary)
    for (number, question) in lockstep.host.questions.enumerated() where question.kind == .fault {
      for answer in 1..<max(question.alternatives, 1) {
        try run(workload, ChoicePlan().adding(number, answer), lockstep, model, &summary)
      }
    }
  }

  private mutating func run(
    _ workload: Workload,
    _ plan: ChoicePlan,
    _ lockstep: Lockstep,
    _ model: DeviceModel,
    _ summary: inout Summary
  ) throws(MachineError) {
    let end = try lockstep.run(workload, plan)
    summary.runs += 1
    switch end {
    case .finished: summary.finished += 1
    case .stopped(let stop):
      lockstep.takeLastReports()
      if let id = Self.id(of: stop), lockstep.problems.isEmpty {
        lockstep.problem(id, stop.message, at: lockstep.interpreter.ownSite)
      } else if !stop.isFault {
        let span = lockstep.interpreter.span(stop.site).map(place)
        let line = span.map { "\($0.path):\($0.line): " } ?? ""
        summary.obstacles[line + stop.message, default: 0] += 1
      }
    }
    // What comes after the first is its consequence.
    guard !lockstep.isMisuse, let problem = lockstep.problems.first else { return }
    add(problem, workload, lockstep, model)
  }

  private static func id(of stop: ExecutionStop) -> String? {
    guard case .fault(let kind) = stop.reason else { return nil }
    switch kind {
    case .outOfBounds, .zeroSized: return "c-out-of-bounds"
    case .useAfterFree: return "c-use-after-free"
    case .doubleFree: return "c-double-free"
    case .uninitialisedRead: return "c-uninitialised-read"
    case .nullDereference: return "c-null-dereference"
    case .wildAccess: return "c-wild-dereference"
    case .invalidFree, .divisionByZero, .bug: return nil
    }
  }

  // MARK: Findings

  private mutating func add(
    _ problem: Lockstep.Problem,
    _ workload: Workload,
    _ lockstep: Lockstep,
    _ model: DeviceModel
  ) {
    let interpreter = lockstep.interpreter
    let span = problem.site.flatMap(interpreter.span) ?? problem.function.span
    let location = place(span)
    guard known.insert("\(problem.id) \(location.path):\(location.line)").inserted else { return }
    var steps = [Witness.Step(text: "use: \(workload)")]
    for entry in lockstep.state.journal {
      steps.append(
        Witness.Step(
          location: entry.site.flatMap(interpreter.span).map(place),
          depth: entry.depth,
          text: entry.text
        )
      )
    }
    steps.append(Witness.Step(location: location, text: "\(problem.id): \(problem.message)"))
    let owner = problem.site.map(interpreter.functionName) ?? problem.function.name
    findings.append(
      Finding(
        id: problem.id,
        severity: problem.isRefusal
          ? .warning : FindingCatalogue[problem.id]?.severity ?? .error,
        location: location,
        message: "\(problem.function.name)(): \(problem.message)",
        witness: Witness(machine: model.name, faults: lockstep.host.faults, steps: steps),
        context: owner
      )
    )
  }

  private func place(_ span: SourceSpan) -> SourceLocation {
    SourceLocation(
      path: relativePath(unit.files[Int(span.file)]),
      line: Int(span.line),
      column: Int(span.column)
    )
  }

  // MARK: Devices

  private static func models(for layer: ImplementedFunction.Layer) -> [DeviceModel] {
    switch layer {
    case .translated: translated
    case .direct: direct
    case .interface: translated + direct
    }
  }

  private static func model(
    _ name: String,
    _ change: (inout DeviceConfiguration) -> Void
  ) -> DeviceModel {
    var configuration = DeviceConfiguration(name: "device")
    configuration.p2pDistances = [1: .busAddress, 2: .throughHostBridge]
    change(&configuration)
    return DeviceModel(name: name, configuration: configuration)
  }

  private static let translated: [DeviceModel] = [
    model("IOMMU, 4 KiB granule") { _ in },
    model("untrusted device behind an IOMMU") {
      $0.isUntrusted = true
      $0.minimumAlignMask = 0xfff
      // Peers are not trusted to it either.
      $0.p2pDistances = [:]
    },
    model("untrusted device behind an IOMMU, no minimum alignment") {
      $0.isUntrusted = true
      $0.p2pDistances = [:]
    },
    model("IOMMU, not coherent") {
      $0.isCoherent = false
      $0.p2pDistances = [:]
    },
  ]

  private static let direct: [DeviceModel] = [
    model("direct mapping") { $0.translation = .direct },
    model("direct mapping, all bounced") {
      $0.translation = .direct
      $0.swiotlb = .forced
      $0.p2pDistances = [:]
    },
    model("direct mapping, 25 address bits") {
      $0.translation = .direct
      $0.dmaMask = (1 << 25) - 1
      $0.p2pDistances = [:]
    },
    model("direct mapping, not coherent") {
      $0.translation = .direct
      $0.isCoherent = false
      $0.p2pDistances = [:]
    },
  ]
}
