// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Reporting
import Testing

/// The rules of the SARIF 2.1.0 schema and of GitHub's code scanning for what reports contain.
@Suite struct SARIFFormatTests {
  typealias Object = [String: Any]

  func run(_ report: CheckReport) throws -> Object {
    let format = try #require(ReportFormat(named: "sarif"))
    let text = try format.text(of: report, options: SampleReport.options)
    let log = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object)
    #expect(log["version"] as? String == "2.1.0")
    let runs = try #require(log["runs"] as? [Object])
    #expect(runs.count == 1)
    return try #require(runs.first)
  }

  func objects(_ object: Object, _ path: String...) throws -> [Object] {
    var object = object
    for key in path.dropLast() { object = try #require(object[key] as? Object, "\(key)") }
    return try #require(object[path.last ?? ""] as? [Object], "\(path)")
  }

  func expectSound(_ location: Object) throws {
    let physical = try #require(location["physicalLocation"] as? Object)
    let artifact = try #require(physical["artifactLocation"] as? Object)
    let uri = try #require(artifact["uri"] as? String)
    // Relative to the tree, or the absolute path of a file that is not of it.
    let isRelative = artifact["uriBaseId"] as? String == "SRCROOT"
    #expect(isRelative || (uri.hasPrefix("file:///") && artifact["uriBaseId"] == nil))
    let path = isRelative ? uri[...] : uri.dropFirst("file:///".count)
    #expect(
      !path.hasPrefix("/") && path.wholeMatch(of: /([A-Za-z0-9\-._~\/+,@=]|%[0-9A-F]{2})*/) != nil
    )
    if let region = physical["region"] as? Object {
      #expect(try #require(region["startLine"] as? Int) >= 1)
      if let column = region["startColumn"] { #expect(try #require(column as? Int) >= 1) }
    }
  }

  @Test(arguments: SampleReport.allCases)
  func everySampleKeepsTheRules(sample: SampleReport) throws {
    let run = try run(sample.report)
    let rules = try objects(run, "tool", "driver", "rules")
    let ids = rules.compactMap { $0["id"] as? String }
    #expect(ids.count == rules.count && Set(ids).count == ids.count)
    // What GitHub's code scanning shows of a rule.
    for rule in rules where SampleReport.options.catalogue[rule["id"] as? String ?? ""] != nil {
      for key in ["shortDescription", "fullDescription", "help"] {
        #expect(((rule[key] as? Object)?["text"] as? String)?.isEmpty == false, "\(key)")
      }
    }
    for result in try objects(run, "results") {
      let rule = try #require(result["ruleIndex"] as? Int)
      #expect(ids[rule] == result["ruleId"] as? String)
      #expect(["none", "note", "warning", "error"].contains(result["level"] as? String))
      let message = try #require(result["message"] as? Object)
      #expect((message["text"] as? String)?.isEmpty == false)
      for location in try objects(result, "locations") { try expectSound(location) }
      for location in result["relatedLocations"] as? [Object] ?? [] { try expectSound(location) }
      for flow in result["codeFlows"] as? [Object] ?? [] {
        for thread in try objects(flow, "threadFlows") {
          let steps = try objects(thread, "locations")
          #expect(!steps.isEmpty)
          for step in steps {
            try expectSound(try #require(step["location"] as? Object))
            #expect(try #require(step["nestingLevel"] as? Int) >= 0)
          }
        }
      }
    }
    let invocation = try #require(try objects(run, "invocations").first)
    // The many and the hostile have something that was not checked.
    let isComplete = sample == .none || sample == .one
    #expect(invocation["executionSuccessful"] as? Bool == isComplete)
  }

  @Test(arguments: [
    ("evil.example:b%20#?", "evil.example%3Ab%2520%23%3F", "SRCROOT"),
    ("//evil.example/a:b", "file:///evil.example/a%3Ab", nil),
    ("/tmp/series.mbox", "file:///tmp/series.mbox", nil),
  ])
  func aPathIsNoReferenceToAnotherHost(path: String, expected: String, base: String?) throws {
    let location = SourceLocation(path: path, line: 0)
    let finding = Finding(id: "sample-leak", severity: .error, location: location, message: "x")
    let result = try #require(
      try objects(run(CheckReport(commandLine: [], findings: [finding])), "results").first
    )
    let place = try #require(try objects(result, "locations").first)
    try expectSound(place)
    let physical = try #require(place["physicalLocation"] as? Object)
    #expect(physical["region"] == nil)
    let artifact = physical["artifactLocation"] as? Object
    #expect(artifact?["uri"] as? String == expected)
    #expect(artifact?["uriBaseId"] as? String == base)
  }

  @Test func columnsCountUTF16() throws {
    var finding = Finding(
      id: "sample-leak",
      severity: .error,
      location: SourceLocation(path: "a.c", line: 1, column: 8),
      message: "x"
    )
    func column() throws -> Int? {
      let report = CheckReport(commandLine: [], findings: [finding])
      let location = try #require(
        try objects(objects(run(report), "results")[0], "locations").first
      )
      let physical = location["physicalLocation"] as? Object
      return (physical?["region"] as? Object)?["startColumn"] as? Int
    }
    #expect(try column() == 8)
    // Four bytes and two code units, then three bytes and one.
    finding.source = "😀€x"
    #expect(try column() == 4)
  }

  @Test func tooManyFindingsLoseTheLeastSevereAndSaySo() throws {
    var report = CheckReport(commandLine: [])
    for line in 1...25_010 {
      report.findings.append(
        Finding(
          id: "sample-leak",
          severity: line <= 20 ? .note : .error,
          location: SourceLocation(path: "a.c", line: line),
          message: "x"
        )
      )
    }
    let run = try run(report)
    let results = try objects(run, "results")
    #expect(results.count == 25_000)
    #expect(results.count { $0["level"] as? String == "note" } == 10)
    #expect(try notifications(run).contains { $0.contains("10 of 25010 findings are left out") })
  }

  @Test func aLongRunLosesItsMiddleAndSaysSo() throws {
    let steps = (0..<5_000).map { Witness.Step(text: "step \($0)") }
    var finding = try #require(SampleReport.one.report.findings.first)
    finding.witness = Witness(machine: "m", steps: steps)
    let run = try run(CheckReport(commandLine: [], findings: [finding]))
    let flow = try #require(try objects(objects(run, "results")[0], "codeFlows").first)
    let locations = try objects(objects(flow, "threadFlows")[0], "locations")
    let texts = locations.compactMap { step in
      ((step["location"] as? Object)?["message"] as? Object)?["text"] as? String
    }
    #expect(texts.count == 1_000)
    #expect(texts.first == "step 0" && texts.last == "step 4999")
    #expect(texts.contains("4001 steps left out"))
    #expect(try notifications(run).contains { $0.contains("shortened to 1000 steps") })
  }

  func notifications(_ run: Object) throws -> [String] {
    let invocation = try #require(try objects(run, "invocations").first)
    return try objects(invocation, "toolExecutionNotifications").compactMap {
      ($0["message"] as? Object)?["text"] as? String
    }
  }
}
