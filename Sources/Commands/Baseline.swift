// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Foundation
internal import Reporting

/// The findings of an earlier run, from its report in the json format.
struct Baseline {
  let fingerprints: [String]

  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ValidationError("the baseline \(path) cannot be read")
    }
    guard let report = try? JSONDecoder().decode(Report.self, from: data) else {
      throw ValidationError(
        "the baseline \(path) is no report; make one with --format json --output \(path)"
      )
    }
    guard report.schemaVersion == JSONReport.schemaVersion else {
      throw ValidationError(
        "the baseline \(path) has schema version \(report.schemaVersion), not "
          + "\(JSONReport.schemaVersion); make it anew"
      )
    }
    fingerprints = report.findings.map(\.fingerprint)
  }

  private struct Report: Decodable {
    let schemaVersion: Int
    let findings: [Entry]
    struct Entry: Decodable { let fingerprint: String }
  }
}
