// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Reporting
import Testing

@Suite struct GoldenTests {
  @Test(arguments: ReportFormat.all.map(\.name), SampleReport.allCases)
  func everyFormatWritesEverySample(name: String, sample: SampleReport) throws {
    let format = try #require(ReportFormat(named: name))
    let text = try format.text(of: sample.report, options: SampleReport.options)
    try expectGolden(text, "\(sample).\(name)")
  }

  @Test func everyFormatFileIsRegistered() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Reporting")
    let files = try FileManager.default.contentsOfDirectory(atPath: sources.path)
      .filter { $0.hasSuffix("Format.swift") && $0 != "ReportFormat.swift" }
      .map { $0.dropLast("Format.swift".count).lowercased() }
    #expect(Set(files) == Set(ReportFormat.all.map(\.name)))
  }
}
