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
    ),
    arguments: SampleReport.allCases
  )
  func jsonValidatesAgainstItsSchema(sample: SampleReport) throws {
    let script = """
      import json, sys, jsonschema
      schema, report = json.load(sys.stdin)
      jsonschema.Draft202012Validator.check_schema(schema)
      jsonschema.Draft202012Validator(schema).validate(report)
      """
    func status(_ report: String) throws -> Int32 {
      try Self.status(of: ["python3", "-c", script], input: "[\(JSONReport.schema), \(report)]")
    }
    let text = try Self.text(sample, "json")
    #expect(try status(text) == 0)
    #expect(try status(text.replacing("\"schemaVersion\"", with: "\"version\"")) != 0)
  }
}
