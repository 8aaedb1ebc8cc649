// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Reporting
import Testing

/// What other programs say of the output, where they are installed.
@Suite struct ExternalValidatorTests {
  static func isInstalled(_ arguments: String...) -> Bool {
    (try? status(of: arguments, input: "")) == 0
  }

  static func status(of arguments: [String], input: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardInput = pipe
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try pipe.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }

  static func text(_ sample: SampleReport, _ name: String) throws -> String {
    try #require(ReportFormat(named: name)).text(of: sample.report, options: SampleReport.options)
  }

  @Test(
    .enabled(if: isInstalled("xmllint", "--version"), "xmllint is not installed"),
    arguments: SampleReport.allCases
  )
  func junitIsWellFormed(sample: SampleReport) throws {
    let text = try Self.text(sample, "junit")
    #expect(try Self.status(of: ["xmllint", "--noout", "-"], input: text) == 0)
    #expect(try Self.status(of: ["xmllint", "--noout", "-"], input: text + "<") != 0)
  }

  @Test(
    .enabled(
      if: isInstalled("python3", "-c", "import jsonschema"),
      "python3 has no jsonschema"
    )
  )
  func jsonValidatesAgainstItsSchema() throws {
    // One process for all: starting it is what takes the time.
    let script = """
      import json, sys, jsonschema
      schema, right, wrong = json.load(sys.stdin)
      jsonschema.Draft202012Validator.check_schema(schema)
      validator = jsonschema.Draft202012Validator(schema)
      for report in right: validator.validate(report)
      sys.exit(any(map(validator.is_valid, wrong)))
      """
    let right = try SampleReport.allCases.map { try Self.text($0, "json") }
    let wrong = right.map { $0.replacing("\"schemaVersion\"", with: "\"version\"") }
    func status(_ right: [String], _ wrong: [String]) throws -> Int32 {
      let lists = [right, wrong].map { "[\($0.joined(separator: ", "))]" }
      return try Self.status(
        of: ["python3", "-c", script],
        input: "[\(JSONReport.schema), \(lists.joined(separator: ", "))]"
      )
    }
    #expect(try status(right, wrong) == 0)
    #expect(try status(right + [wrong[0]], []) != 0)
    #expect(try status([], wrong + [right[0]]) != 0)
  }
}
