// SPDX-License-Identifier: GPL-2.0-only

public import Findings

extension RuleCases.Failure {
  public var finding: Finding {
    Finding(
      id: "rule-case-differs",
      severity: .error,
      location: SourceLocation(path: "rules/\(rule)/\(name)", line: 0),
      message: reason,
      context: reason
    )
  }
}
