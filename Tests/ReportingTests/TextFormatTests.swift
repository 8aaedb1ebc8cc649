// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Reporting
import Testing

@Suite struct TextFormatTests {
  func text(_ sample: SampleReport, _ change: (inout RenderOptions) -> Void) throws -> String {
    var options = SampleReport.options
    change(&options)
    return try ReportFormat.text.text(of: sample.report, options: options)
  }

  @Test func nothingToSayIsTheSummaryOnly() throws {
    #expect(try text(.none) { _ in } == "1 file checked, no findings\n")
  }

  @Test func quietSaysNothingWhenThereIsNothing() throws {
    #expect(try text(.none) { $0.isQuiet = true } == "")
    let quiet = try text(.many) { $0.isQuiet = true }
    #expect(quiet.contains("not checked") && quiet.contains("[sample-leak]"))
    #expect(!quiet.contains("not prepared") && !quiet.contains("calls by directory"))
  }

  @Test func colourWrapsAndDoesNotChangeTheWords() throws {
    let plain = try text(.many) { _ in }
    let coloured = try text(.many) { $0.isColoured = true }
    #expect(coloured.contains("\u{1B}[1;31merror\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
    #expect(!plain.contains("\u{1B}"))
  }

  @Test func hostileTextHasNoControlCharacters() throws {
    let plain = try text(.hostile) { _ in }
    #expect(plain.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    #expect(!plain.contains("\u{202E}"))
  }

  @Test func theMarkStandsBelowItsColumn() throws {
    let lines = try text(.one) { _ in }.split(separator: "\n").map(String.init)
    let quote = try #require(lines.firstIndex { $0.contains("dma_iova_try_alloc(dev") })
    let source = lines[quote].drop { $0 != "|" }
    let mark = lines[quote + 1].drop { $0 != "|" }
    #expect(source.count > mark.count)
    #expect(mark == "| \t    ^")
  }
}
