// SPDX-License-Identifier: GPL-2.0-only

public import Findings
public import Foundation

/// What the functions of a file left behind before a patch.
///
/// A patch that maps otherwise leaves the same behind by other calls: a leak is a new one when there
/// are more of its kind than before, and none of them stood at the same statement.
public struct KnownLeaks {
  /// Statements by what is said of them, each as often as there is a leak.
  private var statements: [String: [String]] = [:]

  /// - Parameter text: of the file that they were found in
  public init(_ findings: [Finding], in text: Data?) {
    let lines = Self.lines(text)
    for finding in findings where Self.isLeak(finding) {
      statements[finding.message, default: []].append(Self.statement(finding, lines))
    }
  }

  /// Whether a finding says that something is not given back.
  public static func isLeak(_ finding: Finding) -> Bool { finding.id.hasSuffix("-leak") }

  /// The leaks among what was found after the patch that were none before.
  public func additions(in findings: [Finding], _ text: Data?) -> [Finding] {
    let lines = Self.lines(text)
    var left = statements
    var moved: [Finding] = []
    for finding in findings where Self.isLeak(finding) {
      let statement = Self.statement(finding, lines)
      if let place = left[finding.message]?.firstIndex(of: statement) {
        left[finding.message]?.remove(at: place)
      } else {
        moved.append(finding)
      }
    }
    return moved.filter { finding in
      guard left[finding.message]?.isEmpty == false else { return true }
      left[finding.message]?.removeLast()
      return false
    }
  }

  private static func lines(_ text: Data?) -> [Substring] {
    String(decoding: text ?? Data(), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The words of the line.
  private static func statement(_ finding: Finding, _ lines: [Substring]) -> String {
    guard lines.indices.contains(finding.location.line - 1) else { return "" }
    return lines[finding.location.line - 1].split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
  }
}
