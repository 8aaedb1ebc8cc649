// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import DMAModel
internal import Findings
internal import Foundation
internal import Scenarios

/// `twostep model`
struct Model: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run scenarios of the DMA API on the reference engine.",
    subcommands: [List.self, Show.self, Steps.self, Run.self, Compare.self, Claims.self]
  )

  /// `twostep model list`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the scenarios that the program carries."
    )

    @OptionGroup var output: OutputOptions

    func run() async throws {
      let scenarios = try ScenarioLibrary.all()
      let table = CheckReport.Table(
        name: "scenarios",
        title: "Scenarios",
        columns: ["name", "group", "shows", "title"],
        rows: scenarios.map {
          [.text($0.name), .init($0.group), .list($0.shows), .text($0.title)]
        }
      )
      throw try output.deliver(
        CheckReport(
          commandLine: CommandLine.arguments,
          tables: [table],
          summary: ["\(scenarios.count) scenarios"]
        )
      )
    }
  }

  /// `twostep model show`
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a bundled scenario as YAML, to start one's own from."
    )

    @Argument(help: "The name of a bundled scenario.") var name: String

    func run() async throws {
      guard let text = ScenarioLibrary.text(named: name) else {
        throw ValidationError("no scenario is named '\(name)'; see twostep model list")
      }
      print(text, terminator: "")
    }
  }

  /// `twostep model steps`
  struct Steps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what a step of a scenario can call, with the arguments it takes."
    )

    @OptionGroup var output: OutputOptions

    func run() async throws {
      let steps = ScenarioLibrary.steps
      let table = CheckReport.Table(
        name: "steps",
        title: "Steps",
        columns: ["step", "needs", "mayHave"],
        rows: steps.map { [.text($0.name), .list($0.required), .list($0.optional)] }
      )
      throw try output.deliver(
        CheckReport(
          commandLine: CommandLine.arguments,
          tables: [table],
          summary: ["\(steps.count) functions; repeat, if, check and set are steps, too"]
        )
      )
    }
  }

  /// `twostep model run`
  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run scenarios and compare what happens with what they expect."
    )

    @Argument(
      help: ArgumentHelp(
        "Names of bundled scenarios or YAML files; all bundled ones when none is given.",
        valueName: "scenario"
      )
    )
    var scenarios: [String] = []

    @OptionGroup var machine: MachineOptions

    @Flag(help: "Run on every kind of device with every page size and granule.")
    var matrix = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
      let input = ScenarioInput(scenarios)
      let variants = matrix ? MachineVariant.matrix : [try machine.variant()]
      let faults = try machine.faults()
      let report = ScenarioReport(
        input: input,
        variants: variants,
        faults: faults,
        isMatrix: matrix,
        commandLine: CommandLine.arguments
      ).report
      throw try output.deliver(report)
    }
  }

  /// `twostep model compare`
  struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the costs of scenarios side by side."
    )

    @Argument(
      help: ArgumentHelp(
        "Names of bundled scenarios, of groups of them, or YAML files.",
        valueName: "scenario"
      )
    )
    var scenarios: [String]

    @OptionGroup var machine: MachineOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let report = try ScenarioComparison(
        input: ScenarioInput(scenarios),
        variant: machine.variant(),
        faults: machine.faults(),
        commandLine: CommandLine.arguments
      ).report
      throw try output.deliver(report)
    }
  }

  /// `twostep model claims`
  struct Claims: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what the series claims, each claim confirmed or refuted by runs."
    )

    func run() async throws {
      print(try ClaimsPage.text(), terminator: "")
    }
  }
}

/// What of a scenario's machine the command line changes.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Put this kind of device in place of the scenario's: "
        + MachineVariant.DeviceKind.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "kind"
    )
  )
  var device: String?

  @Option(help: ArgumentHelp("Granule of the IOMMU: 4K, 16K or 64K.", valueName: "size"))
  var granule: String?

  @Option(help: ArgumentHelp("PAGE_SIZE: 4K, 16K or 64K.", valueName: "size"))
  var pageSize: String?

  @Option(
    help: ArgumentHelp("Which promises the engine keeps: contract or v7.", valueName: "behaviour")
  )
  var behaviour: String?

  @Option(
    help: ArgumentHelp(
      "Make calls fail: dma_iova_link for the first, dma_iova_link:3 for the third, :always, "
        + ":size=64K for those of at least so many bytes, :address=0x1000-0x2000 for those of a "
        + "place.",
      valueName: "function[:which]"
    )
  )
  var fail: [String] = []

  func variant() throws -> MachineVariant {
    var result = MachineVariant.own
    if let device {
      guard let kind = MachineVariant.DeviceKind(rawValue: device) else {
        let known = MachineVariant.DeviceKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--device must be one of: \(known); not '\(device)'")
      }
      result.device = kind
    }
    result.granule = try granule.map { try size($0, "--granule") }
    result.pageSize = try pageSize.map { try size($0, "--page-size") }
    if let behaviour {
      guard let value = Behaviour(rawValue: behaviour) else {
        throw ValidationError("--behaviour must be contract or v7, not '\(behaviour)'")
      }
      result.behaviour = value
    }
    return result
  }

  private func size(_ text: String, _ option: String) throws -> UInt64 {
    let sizes: [String: UInt64] = [
      "4K": 4096, "16K": 16384, "64K": 65536, "4096": 4096, "16384": 16384, "65536": 65536,
    ]
    guard let size = sizes[text.uppercased()] else {
      throw ValidationError("\(option) must be 4K, 16K or 64K, not '\(text)'")
    }
    return size
  }

  func faults() throws -> [Fault] {
    try fail.map { text in
      do throws(ExpressionError) {
        return try Fault(parsing: text)
      } catch {
        throw ValidationError("--fail \(error.message)")
      }
    }
  }
}
