// SPDX-License-Identifier: GPL-2.0-only

import CallSites
import Foundation
import Rules
import Suggest
import Testing

/// A rule is a folder: one that nobody compiled is found, tested and shown, and one that cannot be
/// read says where and what was expected.
@Suite struct RuleFolderTests {
  /// The texts of the program's rules, by path below the rules' directory.
  static let texts: [String: String] = {
    let names = FileManager.default.enumerator(atPath: RuleCaseTests.rules)
    let files = (names?.compactMap { $0 as? String } ?? []).filter { name in
      [".yaml", ".c", ".h"].contains { name.hasSuffix($0) }
    }
    return files.reduce(into: [:]) { texts, name in
      texts[name] = try? String(contentsOfFile: "\(RuleCaseTests.rules)/\(name)", encoding: .utf8)
    }
  }()

  /// The program's rules with more files, by path below the rules' directory.
  static func library(adding files: [String: String]) throws -> RuleLibrary {
    try RuleLibrary(files: texts.merging(files) { $1 }, origin: "rules")
  }

  static let conversion = """
    id: check-once
    title: test a mapping for an error once
    confidence: MaybeIncorrect
    documentation: |
      Two tests of one address in a row are one too many.
    message: |
      The address is tested already.
    metavariables:
      DEV: expression
      ADDR: variable
      FAIL: failure
    patterns:
      - name: twice
        role: edit
        match: |2
          \tif (dma_mapping_error(DEV, ADDR))
          \t\tFAIL
          -\tdma_mapping_error(DEV, ADDR);

    """

  static let before = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include "../kernel.h"

    int swift_map(struct device *dev, struct page *page, dma_addr_t *where)
    {
    \tdma_addr_t addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);

    \tif (dma_mapping_error(dev, addr))
    \t\treturn -EIO;
    \tdma_mapping_error(dev, addr);
    \t*where = addr;
    \treturn 0;
    }

    """

  static let keep = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include "../kernel.h"

    int martin_map(struct device *dev, dma_addr_t addr)
    {
    \treturn dma_mapping_error(dev, addr);
    }

    """

  static var folder: [String: String] {
    [
      "check-once/rule.yaml": conversion,
      "check-once/before.c": before,
      "check-once/after.c": before.replacing("\tdma_mapping_error(dev, addr);\n", with: ""),
      "check-once/keep-returned.c": keep,
    ]
  }

  @Test func aFolderIsARule() throws {
    let manager = FileManager.default
    let directory = manager.temporaryDirectory.appending(path: "rules-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: directory) }
    try manager.copyItem(atPath: RuleCaseTests.rules, toPath: directory.path)
    try manager.createDirectory(
      at: directory.appending(path: "check-once"),
      withIntermediateDirectories: true
    )
    for (name, text) in Self.folder {
      try Data(text.utf8).write(to: directory.appending(path: name))
    }
    let library = try RuleLibrary(directory: directory.path)
    let entry = try #require(library.entries.first { $0.rule.id == "check-once" })
    let failures = try RuleCases(entry, in: library).failures()
    #expect(failures.isEmpty, "\(failures)")
    let page = try #require(RulePage("check-once", in: library)).text
    #expect(page.contains("Two tests of one address"))
    #expect(page.contains("left alone, among others: returned"))
    #expect(RulePage.catalogue(of: library).contains("| MaybeIncorrect | test a mapping"))
  }

  @Test func aCaseThatGoesAnotherWayFails() throws {
    var files = Self.folder
    files["check-once/after.c"] = Self.before
    let library = try Self.library(adding: files)
    let entry = try #require(library.entries.first { $0.rule.id == "check-once" })
    let failures = try RuleCases(entry, in: library).failures()
    #expect(failures.contains { $0.name == "before.c" && $0.reason.contains("line 10 is") })
    #expect(failures.contains { $0.name == "after.c" && $0.reason.contains("not idempotent") })
  }

  @Test func aCaseWithoutItsTextBeforeFails() throws {
    var files = Self.folder
    files["check-once/after-more.c"] = Self.before
    let library = try Self.library(adding: files)
    let entry = try #require(library.entries.first { $0.rule.id == "check-once" })
    let failures = try RuleCases(entry, in: library).failures()
    #expect(failures.map(\.name) == ["before-more.c"])
    #expect(failures.map(\.reason) == ["is missing, or after-more.c is"])
  }

  @Test func twoRulesThatChangeTheSameLinesFight() throws {
    var files = Self.folder
    for (name, text) in Self.folder {
      files[name.replacing("check-once", with: "check-twice")] = text.replacing(
        "id: check-once",
        with: "id: check-twice"
      )
    }
    let library = try Self.library(adding: files)
    let entry = try #require(library.entries.first { $0.rule.id == "check-once" })
    let failures = try RuleCases(entry, in: library).failures()
    #expect(failures.map(\.reason) == ["is changed by check-twice as well: the rules fight"])
  }

  static let judge = """
    id: keep-mine
    title: mine
    class: single
    verdict: keep
    when:
      - a buffer
      - not in a loop
    sentence: is mine
    documentation: |
      Mine.

    """

  @Test func aJudgeThatSpeaksOfWhatAnotherSpeaksOfIsFound() throws {
    let library = try Self.library(adding: ["keep-mine/rule.yaml": Self.judge])
    let other = try #require(library.judges.first { $0.rule.id == "keep-single-buffer" })
    let failures = try VerdictCases(other, in: library).failures()
    #expect(failures.contains { $0.reason.contains("keep-mine and keep-single-buffer") })
  }

  @Test func filesAreFoundByWhatARuleLooksFor() throws {
    let rules = try RuleLibrary(directory: RuleCaseTests.rules).entries.map(\.rule)
    let pages = try #require(rules.first { $0.id == "page-array-loop" })
    #expect(pages.calledNames.contains("dma_map_page"))
    #expect(pages.calledNames.contains("ib_dma_map_page"))
    #expect(!pages.calledNames.contains("dma_mapping_error"))
    func mayMatch(_ text: String) -> Bool { pages.mayMatch(Array(text.utf8)) }
    #expect(mayMatch("x = dma_map_page(); dma_mapping_error(x);"))
    #expect(!mayMatch("x = dma_map_page();"))
    #expect(!mayMatch("x = dma_map_single(); dma_mapping_error(x);"))
    #expect(mayMatch("y = page_address(p); x = dma_map_single(y); dma_mapping_error(x);"))
    let unmaps = try #require(rules.first { $0.id == "need-unmap" })
    #expect(unmaps.calledNames.contains("dma_unmap_single"))
  }

  static let unreadable: [(text: String, line: Int, message: String)] = [
    (judge.replacing("- a buffer", with: "- a bufer"), 6, "found 'a bufer'"),
    (judge.replacing("verdict: keep", with: "verdict: drop"), 4, "expected one of convert, manual"),
    (judge.replacing("sentence: is mine\n", with: ""), 1, "expected the key 'sentence'"),
    (
      conversion.replacing("role: edit", with: "role: exit"), 14, "expected one of map, unmap, edit"
    ),
    (
      conversion.replacing("- name: twice\n    role: edit", with: "- role: edit"), 13,
      "expected the key 'name'"
    ),
    (
      conversion + "members:\n  COUNT: unsigned int n\n", 20, "expected 'calls' beside 'members'"
    ),
    (
      conversion + "functions:\n  - key: ADD\n", 20, "expected 'calls' beside 'functions'"
    ),
    (conversion + "walks:\n  - walk: for_each_page\n", 20, "expected 'calls' beside 'walks'"),
    (
      conversion + "members:\n  COUNT: unsigned int n\n"
        + "calls:\n  - role: map\n    call: DEV\n    becomes: f(DEV)\n",
      23, "expected one call, found 'DEV'"
    ),
    (conversion.replacing("FAIL: failure", with: "FAIL: falure"), 11, "what FAIL stands for"),
    (
      conversion.replacing("FAIL: failure", with: "FAIL: map in place of PFNS"), 11,
      "what FAIL stands for"
    ),
    (
      conversion.replacing("message: |", with: "gain: money\nmessage: |"), 6,
      "expected one of allocations and operations, allocations, scatterlists, nothing, found 'money'"
    ),
    (conversion.replacing("DEV, ADDR))", with: "DEV, ADDR)"), 17, "expected ')'"),
    (
      conversion.replacing("-\tdma_mapping_error(DEV, ADDR);", with: "-\tif (DEV)\n      \t\tFAIL"),
      19, "expected '-' before all lines"
    ),
  ]

  @Test(arguments: unreadable)
  func aRuleThatCannotBeReadSaysWhereAndWhatWasExpected(
    _ text: String,
    _ line: Int,
    _ message: String
  ) throws {
    let error = #expect(throws: RuleError.self) {
      _ = try Self.library(adding: ["check-once/rule.yaml": text, "keep-mine/rule.yaml": text])
    }
    #expect(error?.line == line, "\(error?.description ?? "")")
    #expect(error?.message.contains(message) == true, "\(error?.description ?? "")")
  }
}
