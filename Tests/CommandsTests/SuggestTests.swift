// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep suggest` on the sample tree: what it emits, and what its gates keep back.
@Suite struct SuggestTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL.path
  static let base = "\(root)/patches/base"
  static let folder = "accel-tern"
  static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1"

  /// A home whose git signs as the sample driver's author, and a clock that stands still.
  static func environment(_ home: TemporaryDirectory) throws -> [String: String] {
    let configuration = "[user]\n\tname = A. Tern\n\temail = tern@sample.example\n"
    try Data(configuration.utf8).write(to: URL(filePath: home.file(".gitconfig")))
    return ["HOME": home.path, "XDG_CONFIG_HOME": home.path, "SOURCE_DATE_EPOCH": "1700000000"]
  }

  static func suggest(
    _ arguments: String...,
    tree: String = base,
    home: TemporaryDirectory
  ) throws -> Program.Outcome {
    try Program.run(
      arguments: ["suggest", tree, "drivers/accel/tern", "--cache", "none", "--format", "json"]
        + arguments,
      environment: try environment(home)
    )
  }

  struct Report: Decodable {
    struct Table: Decodable { let rows: [Row] }
    struct Row: Decodable {
      let outcome: String?
      let reason: String?
      let step: String?
      let left: Int?
    }
    let tables: [String: Table]
  }

  /// Where the sample driver's proposal ends: `emitted`, or the gate and what it says.
  static func end(_ outcome: Program.Outcome) throws -> String {
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    let rows = report.tables["candidates"]?.rows ?? []
    return rows.map { $0.reason ?? $0.outcome ?? "" }.joined(separator: " | ")
  }

  // MARK: What is emitted

  /// `patches/suggested` is what the program makes of the sample tree.
  @Test func theSeriesIsAsInTheRepository() throws {
    let home = try TemporaryDirectory()
    let output = home.file("out")
    let outcome = try Self.suggest("-o", output, home: home)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let kept = "\(Self.root)/patches/suggested/\(Self.folder)"
    if Self.isUpdating {
      try? FileManager.default.removeItem(atPath: kept)
      try FileManager.default.createDirectory(
        atPath: "\(Self.root)/patches/suggested",
        withIntermediateDirectories: true
      )
      try FileManager.default.copyItem(atPath: "\(output)/\(Self.folder)", toPath: kept)
      Issue.record("wrote \(kept); run again without UPDATE_GOLDENS")
      return
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: kept).sorted()
    #expect(names.count == 3)
    let made = try FileManager.default.contentsOfDirectory(atPath: "\(output)/\(Self.folder)")
    #expect(made.sorted() == names)
    for name in names {
      #expect(
        try Program.text("\(output)/\(Self.folder)/\(name)") == Program.text("\(kept)/\(name)"),
        "\(name): run UPDATE_GOLDENS=1 swift test --filter SuggestTests"
      )
    }
  }

  /// `validate` has nothing against it, cover letter and all.
  @Test func theSeriesIsValid() throws {
    let kept = "\(Self.root)/patches/suggested/\(Self.folder)"
    let patches = try FileManager.default.contentsOfDirectory(atPath: kept).sorted()
      .filter { $0.hasSuffix(".patch") }.map { "\(kept)/\($0)" }
    let outcome = try Program.run(
      arguments: ["validate"] + patches
        + ["--base", Self.base, "--format", "json", "--fail-on", "note"]
    )
    #expect(outcome.status == 0, "\(outcome.output)")
    struct Findings: Decodable { let findings: [SampleSeriesTests.Report.Entry] }
    let report = try JSONDecoder().decode(Findings.self, from: Data(outcome.output.utf8))
    #expect(report.findings.isEmpty)
  }

  /// The evidence has the keys that its schema knows, and no other.
  @Test func theEvidenceIsAsItsSchemaSays() throws {
    func object(_ path: String) throws -> [String: Any] {
      let data = try Data(contentsOf: URL(filePath: path))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    let schema = try object("\(Self.root)/Sources/Suggest/Resources/evidence.schema.json")
    let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    let evidence = try object("\(Self.root)/patches/suggested/\(Self.folder)/evidence.json")
    func check(_ value: [String: Any], _ schema: [String: Any], _ name: String) throws {
      let known = try #require(schema["properties"] as? [String: Any])
      let needed = try #require(schema["required"] as? [String])
      #expect(Set(value.keys).isSubset(of: known.keys), "\(name)")
      #expect(Set(needed).isSubset(of: value.keys), "\(name)")
    }
    func all(_ value: Any?) throws -> [[String: Any]] {
      let list = try #require(value as? [[String: Any]])
      #expect(!list.isEmpty)
      return list
    }
    try check(evidence, schema, "evidence")
    for patch in try all(evidence["patches"]) {
      try check(patch, definitions["patch"] ?? [:], "patch")
      for gate in try all(patch["gates"]) { try check(gate, definitions["gate"] ?? [:], "gate") }
      for proof in try all(patch["proof"]) {
        try check(proof, definitions["proof"] ?? [:], "proof")
        for cost in try all(proof["costs"]) { try check(cost, definitions["cost"] ?? [:], "cost") }
      }
    }
  }

  @Test func aDryRunWritesNothing() throws {
    let home = try TemporaryDirectory()
    let outcome = try Self.suggest("--dry-run", home: home)
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("From 0000000000000000000000000000000000000000 "))
    #expect(outcome.errors.contains("From mapping calls to patches"))
    #expect(try home.names == [".gitconfig"])
  }

  @Test func withoutAPlaceForPatchesOnlyTheReportIsMade() throws {
    let home = try TemporaryDirectory()
    let outcome = try Self.suggest(home: home)
    #expect(outcome.status == 0)
    #expect(try Self.end(outcome) == "emitted", "\(outcome.errors)")
    #expect(!outcome.output.contains("\nFrom 0000000"))
    #expect(try home.names == [".gitconfig"])
    let both = try Self.suggest("--dry-run", "--in-place", home: home)
    #expect(both.status == 64)
    #expect(both.errors.contains("exclude one another"))
  }

  // MARK: What is kept back

  struct WrongRule: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let replacement: String
    /// How the reason starts.
    let reason: String
    var testDescription: String { name }

    static let all = [
      WrongRule(
        name: "no sync",
        text: "dma_iova_sync(DEV, &STATE, 0, TOTAL * SIZE)",
        replacement: "0",
        reason: "engine-clean: iova-missing-sync"
      ),
      WrongRule(
        name: "wrong unmap length",
        text: "dma_iova_destroy(DEV, &STATE, N * SIZE, DIR, ATTRS)",
        replacement: "dma_iova_destroy(DEV, &STATE, SIZE, DIR, ATTRS)",
        reason: "engine-clean: iova-destroy-length"
      ),
      WrongRule(
        name: "no fallback",
        text: "} else {",
        replacement: "} else if (0) {",
        reason: "engine-clean: iova-missing-fallback"
      ),
      WrongRule(
        name: "leak",
        text: "dma_iova_destroy(DEV, &STATE, N * SIZE, DIR, ATTRS);",
        replacement: ";",
        reason: "engine-clean: iova-leak"
      ),
      WrongRule(
        name: "wrong page",
        text: "page_to_phys(PAGE)",
        replacement: "page_to_phys(PAGE) + SIZE",
        reason: "equivalent: by buf->dma_addrs[0] the device reaches "
      ),
      WrongRule(
        name: "wrong address",
        text: "ADDRESSES[I] = STATE.addr + I * SIZE",
        replacement: "ADDRESSES[I] = STATE.addr",
        reason: "equivalent: what the device writes by buf->dma_addrs[0] does not arrive"
      ),
      WrongRule(
        name: "wrong direction",
        text: "I * SIZE, SIZE, DIR, ATTRS)",
        replacement: "I * SIZE, SIZE, DMA_TO_DEVICE, ATTRS)",
        reason: "engine-clean: iova-unlink-mismatch"
      ),
      WrongRule(
        name: "no such function",
        text: "dma_iova_link(DEV,",
        replacement: "dma_iova_join(DEV,",
        reason: "parses: "
      ),
    ]
  }

  /// A rule that writes something wrong gets nothing past the gates.
  @Test(arguments: WrongRule.all)
  func aWrongRewriteIsRefused(_ wrong: WrongRule) throws {
    let home = try TemporaryDirectory()
    let rules = home.file("rules")
    let manager = FileManager.default
    try manager.createDirectory(
      atPath: "\(rules)/page-array-loop",
      withIntermediateDirectories: true
    )
    let text = try Program.text("\(Self.root)/rules/page-array-loop/rule.yaml")
    let changed = text.replacing(wrong.text, with: wrong.replacement)
    #expect(changed != text, "the rule no longer writes \(wrong.text)")
    try Data(changed.utf8).write(to: URL(filePath: "\(rules)/page-array-loop/rule.yaml"))
    let outcome = try Self.suggest(
      "-o",
      home.file("out"),
      "--rules",
      rules,
      home: home
    )
    let end = try Self.end(outcome)
    #expect(end.hasPrefix(wrong.reason), "\(end) \(outcome.errors)")
    #expect(!manager.fileExists(atPath: home.file("out")))
  }

  // MARK: In place, and without the API

  /// A copy of the sample tree as a git repository.
  static func repository(in home: TemporaryDirectory) throws -> String {
    let tree = home.file("tree")
    let script = """
      cp -r '\(base)' tree && cd tree && git init -q -b main && git add -A && git commit -q -m base
      """
    let made = try Program.shell(script, in: home.path, environment: try environment(home))
    try #require(made.status == 0, "\(made.output)")
    return tree
  }

  @Test func inPlaceLeavesABackupAndRefusesADirtyTree() throws {
    let home = try TemporaryDirectory()
    _ = try Self.environment(home)
    let tree = try Self.repository(in: home)
    let file = "\(tree)/drivers/accel/tern/tern_mem.c"
    let original = try Program.text(file)
    let other = "\(tree)/Kconfig"
    let kept = try Program.text(other)
    try Data((kept + "\n").utf8).write(to: URL(filePath: other))
    let dirty = try Self.suggest("--in-place", tree: tree, home: home)
    #expect(dirty.status != 0 && dirty.errors.contains("not committed"), "\(dirty.errors)")
    #expect(try Program.text(file) == original)
    try Data(kept.utf8).write(to: URL(filePath: other))
    let outcome = try Self.suggest("--in-place", tree: tree, home: home)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Program.text(file).contains("dma_iova_try_alloc("))
    #expect(try Program.text(file + ".orig") == original)
  }

  @Test func theCoverLetterNamesTheCommit() throws {
    let home = try TemporaryDirectory()
    _ = try Self.environment(home)
    let tree = try Self.repository(in: home)
    let outcome = try Self.suggest("-o", home.file("out"), tree: tree, home: home)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let head = try Program.shell("git -C tree rev-parse HEAD", in: home.path)
    let cover = try Program.text(home.file("out/\(Self.folder)/0000-cover-letter.patch"))
    #expect(cover.contains("base-commit: \(head.output)"))
  }

  struct History: Sendable, CustomTestStringConvertible {
    let name: String
    let subjects: [String]
    let prefix: String
    var testDescription: String { name }

    static let all = [
      History(name: "none", subjects: [], prefix: "accel/tern"),
      History(
        name: "a custom",
        subjects: ["tern: one", "tern: two", "tern: three", "accel: all of them", "no prefix"],
        prefix: "tern"
      ),
      History(
        name: "several, none of them the custom",
        subjects: ["tern: one", "accel: two", "dma: three", "tree-wide: four"],
        prefix: "accel/tern"
      ),
      History(
        name: "reverts",
        subjects: ["tern: one", "tern: two", "Revert \"x: y\"", "Revert \"x: z\""],
        prefix: "tern"
      ),
    ]
  }

  /// Subjects begin as those of the directory's commits do, where these have a custom.
  @Test(arguments: History.all)
  func subjectsBeginAsTheHistoryDoes(_ history: History) throws {
    let home = try TemporaryDirectory()
    _ = try Self.environment(home)
    let tree = try Self.repository(in: home)
    for subject in history.subjects {
      let script = """
        cd tree && echo >>drivers/accel/tern/Makefile && git commit -q -a -F - <<'END'
        \(subject)
        END
        """
      let made = try Program.shell(
        script,
        in: home.path,
        environment: try Self.environment(home)
      )
      try #require(made.status == 0, "\(made.output)")
    }
    let outcome = try Self.suggest("--dry-run", tree: tree, home: home)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let subjects = outcome.output.split(separator: "\n").filter { $0.hasPrefix("Subject: ") }
    #expect(!subjects.isEmpty)
    for subject in subjects {
      #expect(subject.hasPrefix("Subject: [PATCH 1/1] \(history.prefix): link the pages of "))
    }
  }

  /// What needs a reader is emitted for who asks for it by name and takes it unproved.
  @Test func anEditOfItsOwnIsCalledAsItsRuleIs() throws {
    let home = try TemporaryDirectory()
    let output = home.file("out")
    let proved = try Self.suggest("--rule", "need-unmap", "-o", output, home: home)
    #expect(try Self.end(proved).hasPrefix("equivalent: "), "\(proved.errors)")
    #expect(!FileManager.default.fileExists(atPath: output))
    let outcome = try Self.suggest(
      "--rule",
      "need-unmap",
      "--unproved",
      "-o",
      output,
      home: home
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let folder = "\(output)/\(Self.folder)"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let patch = try Program.text("\(folder)/\(try #require(names.dropFirst().first))")
    let subject = "] accel/tern: skip unmap loops where unmapping does nothing"
    #expect(patch.contains(subject + "\n\nThe loop reads"))
    #expect(patch.contains("its effect is not proved"))
    let evidence = try Program.text("\(folder)/evidence.json")
    #expect(!evidence.contains("\"storage\""))
    let cover = try Program.text("\(folder)/0000-cover-letter.patch")
    #expect(cover.contains("accel/tern: follow the DMA API"))
  }

  @Test func aTreeWithoutTheAPIIsRefusedUnlessItIsAssumed() throws {
    let home = try TemporaryDirectory()
    _ = try Self.environment(home)
    let tree = home.file("tree")
    try FileManager.default.copyItem(atPath: Self.base, toPath: tree)
    let header = "\(tree)/include/linux/dma-mapping.h"
    let text = try Program.text(header).replacing("dma_iova", with: "dma_other")
    try Data(text.utf8).write(to: URL(filePath: header))
    let refused = try Self.suggest("--dry-run", tree: tree, home: home)
    #expect(refused.status != 0)
    #expect(refused.errors.contains("it exists since Linux 6.16"), "\(refused.errors)")
    let assumed = try Self.suggest(
      "-o",
      home.file("out"),
      "--assume-api",
      tree: tree,
      home: home
    )
    #expect(try Self.end(assumed) == "emitted", "\(assumed.errors)")
  }
}
