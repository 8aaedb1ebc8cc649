// SPDX-License-Identifier: GPL-2.0-only

extension CheckReport {
  /// Leaves out the findings that an earlier run had, and says how many came and went.
  ///
  /// - Parameters:
  ///   - earlier: the fingerprints of the earlier run's findings
  ///   - name: what to call that run
  public func since(_ earlier: [String], named name: String) -> CheckReport {
    let known = Set(earlier)
    let own = fingerprints
    var report = self
    var newIndex: [Int: Int] = [:]
    report.findings = []
    for (index, finding) in findings.enumerated() where !known.contains(own[index]) {
      newIndex[index] = report.findings.count
      report.findings.append(finding)
    }
    report.cases = cases.map { item in
      guard item.outcome == .failed else { return item }
      let left = item.findings.compactMap { newIndex[$0] }
      return left.isEmpty
        ? .passed(item.suite, item.name) : .failed(item.suite, item.name, findings: left)
    }
    let gone = known.subtracting(own).count
    report.notices.append(
      "since \(name): \(report.findings.count) findings are new, "
        + "\(findings.count - report.findings.count) were there, \(gone) are gone"
    )
    return report
  }
}
