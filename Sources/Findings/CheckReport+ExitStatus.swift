// SPDX-License-Identifier: GPL-2.0-only

extension CheckReport {
  /// What the process tells its caller. Usage errors exit with 64 before there is a report.
  public enum ExitStatus: Int32, Sendable {
    case clean = 0
    /// A finding at or above `--fail-on`.
    case findings = 1
    /// No such finding, but something could not be checked.
    case unchecked = 2
  }

  /// A finding wins over unchecked work: it is proved whatever else was not looked at.
  ///
  /// - Parameter failOn: the lowest severity that counts; nil when findings never count
  public func exitStatus(failOn: Severity? = .error) -> ExitStatus {
    if let failOn, findings.contains(where: { $0.severity >= failOn }) { return .findings }
    return isComplete ? .clean : .unchecked
  }

  /// Whether everything that should have been looked at was.
  public var isComplete: Bool {
    unchecked.isEmpty && !cases.contains { $0.outcome == .unchecked }
  }
}
