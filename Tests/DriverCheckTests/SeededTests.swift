// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Foundation
import Testing

/// A driver in one style, and the mistakes that are seeded in it; see Fixtures/Seeded/README.md.
struct SeededDriver {
  struct Mistake: CustomStringConvertible {
    var driver: String
    var name: String
    var id: String
    var line: Int
    var text: String
    var description: String { "\(driver) \(name)" }
  }

  static let directory = Fixture.directory + "/Seeded"
  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: directory))?
    .filter { $0.hasSuffix(".c") }.sorted() ?? []

  var name: String
  /// Each line without the mistakes that stand behind it.
  private var lines: [String] = []
  private(set) var mistakes: [Mistake] = []

  init(_ name: String) throws {
    self.name = name
    let text = try String(contentsOfFile: Self.directory + "/" + name, encoding: .utf8)
    var seeds: [(name: String, id: String, line: Int, text: String)] = []
    for (number, line) in text.components(separatedBy: "\n").enumerated() {
      let parts = line.components(separatedBy: "//~")
      lines.append(parts[0])
      for part in parts.dropFirst() {
        let head = part.prefix { $0 != " " }.split(separator: ":")
        try #require(head.count == 2, "\(name):\(number + 1): \(part)")
        let replacement = part.drop { $0 != " " }
        seeds.append((String(head[0]), String(head[1]), number, String(replacement)))
      }
    }
    for seed in seeds {
      let cause = lines.firstIndex { $0.contains("/*@\(seed.name)*/") } ?? seed.line
      var changed = lines
      changed[seed.line] = seed.text
      mistakes.append(
        Mistake(
          driver: name,
          name: seed.name,
          id: seed.id,
          line: cause + 1,
          text: changed.joined(separator: "\n")
        )
      )
    }
  }

  var text: String { lines.joined(separator: "\n") }

  static let mistakes: [Mistake] = names.flatMap { (try? SeededDriver($0).mistakes) ?? [] }

  static func check(_ name: String, _ text: String) throws -> DriverChecker.Result {
    try DriverChecker(Fixture.facts(directory + "/" + name, text: text)).check()
  }
}

@Suite struct SeededTests {
  @Test func thereAreStylesAndMistakes() {
    #expect(SeededDriver.names.count >= 56)
    #expect(SeededDriver.mistakes.count >= 263)
  }

  @Test(arguments: SeededDriver.names) func nothingIsSaidOfDriversWithoutMistake(_ name: String)
    throws
  {
    let result = try SeededDriver.check(name, SeededDriver(name).text)
    #expect(result.findings.map { "\($0.location.line) \($0.id): \($0.message)" } == [])
    #expect(result.lifecycles.allSatisfy { $0.coverage == .full }, "\(result.unchecked)")
  }

  @Test(arguments: SeededDriver.mistakes)
  func eachMistakeIsFoundAtItsCause(_ mistake: SeededDriver.Mistake) throws {
    let result = try SeededDriver.check(mistake.driver, mistake.text)
    #expect(
      result.findings.map { "\($0.location.line) \($0.id)" } == ["\(mistake.line) \(mistake.id)"],
      "\(mistake)"
    )
  }

  /// A finding names the run that shows it, and that run shows it again.
  @Test(arguments: [("fbleak", "dma_map_page(", 1), ("tablefail", "dma_map_single(", 6)])
  func aRunIsMadeAgain(_ name: String, call: String, count: Int) throws {
    let mistake = try #require(SeededDriver.mistakes.first { $0.name == name })
    let unit = try Fixture.facts(
      SeededDriver.directory + "/" + mistake.driver,
      text: mistake.text
    )
    let checker = DriverChecker(unit)
    let finding = try #require(checker.check().findings.first)
    let text = try #require(finding.witness?.replay)
    let replay = try Replay(parsing: text)
    #expect(replay.description == text)
    let (steps, findings) = try checker.replay(replay)
    #expect(findings.count == count)
    for found in findings {
      #expect(found.id == finding.id)
      #expect(found.location == finding.location)
    }
    #expect(steps.contains { $0.text.hasPrefix(call) })
  }

  /// The first answer is a deviation from an ordinary run that takes another one.
  @Test func theFirstAnswerIsReadAsWell() throws {
    let text = "setup=f;device=direct mapping;given kind #1:1;given x #1:0;kind #1:0"
    let replay = try Replay(parsing: text)
    #expect(replay.given == ["kind #1": 1, "x #1": 0])
    #expect(replay.answers == ["kind #1": 0])
    #expect(replay.description == text)
  }

  @Test(arguments: [
    ("device=direct mapping", "a run names at least setup= and device="),
    ("setup=f;device=x", "there is no device 'x'"),
    ("setup=f;device=direct mapping;what", "'what' is no part of a run"),
    ("setup=f;device=direct mapping;large x #1:0", "'large x #1:0' is no part of a run"),
    ("setup=f;device=direct mapping;order=twice", "order is one of"),
  ])
  func aTextThatIsNoRunIsRefused(_ text: String, _ message: String) throws {
    let error = #expect(throws: Replay.SyntaxError.self) { try Replay(parsing: text) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test func aRunOfOtherFunctionsIsRefused() throws {
    let checker = DriverChecker(try Fixture.facts(Fixture.directory + "/ring.c"))
    let replay = try Replay(parsing: "setup=nowhere;device=direct mapping")
    let error = #expect(throws: DriverChecker.ReplayFailure.self) { try checker.replay(replay) }
    #expect(error?.description == "the file has no function nowhere")
  }
}
