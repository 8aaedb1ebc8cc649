// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// The claims of the series as a page of Markdown, each decided by runs made here and now.
public enum ClaimsPage {
  /// Groups of scenarios whose costs stand side by side, with what they show.
  private static let comparisons: [(title: String, group: String)] = [
    ("RDMA on-demand paging, before and after patches 12 and 13", "rdma-odp"),
    ("VFIO live migration, before and after patches 15 to 17", "vfio-migration"),
    ("NVMe, with and without an sg table", "nvme"),
  ]

  /// - Throws: when a bundled scenario cannot be read or run.
  public static func text() throws(ScenarioError) -> String {
    let scenarios = try ScenarioLibrary.all()
    var runs: [String: ScenarioExecution] = [:]
    let wanted = Set(Claim.all.flatMap(\.runs))
    for scenario in scenarios
    where wanted.contains(scenario.name)
      || comparisons.contains(where: { $0.group == scenario.group })
    {
      runs[scenario.name] = try ScenarioExecution(running: scenario)
    }
    var lines = [
      "<!-- SPDX-License-Identifier: GPL-2.0-only -->",
      "<!-- Written by `twostep model claims`; UPDATE_GOLDENS=1 makes the tests write it anew. -->",
      "# What the series claims, and what the runs say",
      "",
      "Each sentence is decided by counts of runs on the reference engine, which are the same in",
      "every run. `twostep model run NAME` repeats one.",
    ]
    for claim in Claim.all { lines += section(claim, runs) }
    for comparison in comparisons {
      let group = scenarios.filter { $0.group == comparison.group }.compactMap { runs[$0.name] }
      lines += ["", "## \(comparison.title)", ""] + table(group)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(
    _ claim: Claim,
    _ runs: [String: ScenarioExecution]
  ) -> [String] {
    var lines = ["", "## \(claim.number). \(claim.text)", ""]
    for statement in claim.statements {
      let decision = statement.decide(runs)
      let verdict = decision.holds ? "Confirmed" : "Refuted"
      lines.append("* **\(verdict)**: \(statement.text) (\(decision.counts)).")
    }
    let broken = claim.runs.compactMap { runs[$0] }.filter { !$0.violations.isEmpty }
    guard !broken.isEmpty else { return lines }
    lines += ["", "| run | call | breaks | because |", "|---|---|---|---|"]
    for run in broken {
      for record in run.machine.trace {
        for violation in record.violations {
          lines.append(
            "| `\(run.scenario.name)` | `\(record.text)` | `\(violation.id.rawValue)` "
              + "| \(violation.message) |"
          )
        }
      }
    }
    return lines
  }

  private static func table(_ runs: [ScenarioExecution]) -> [String] {
    let names = runs.map { "`\($0.scenario.name)`" }
    var lines = [
      "| cost | " + names.joined(separator: " | ") + " |",
      "|---|" + String(repeating: "--:|", count: runs.count),
    ]
    for cost in ScenarioCost.all {
      lines.append(
        "| \(cost.name) | " + runs.map { cost.value($0).text }.joined(separator: " | ") + " |"
      )
    }
    return lines
  }
}
