// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// What a reviewer should not have to say twice.
@Suite struct SourceTests {
  @Test func everyFileNamesItsLicence() throws {
    let suffixes = [".swift", ".c", ".h", ".modulemap", ".yaml", ".yml", "Makefile", "Kbuild"]
    let files =
      ["Sources", "Tests", "patches/base", "rules"]
      .flatMap { Repository.files(under: $0, suffixes: suffixes) }
      + Repository.files(under: ".ci") + ["Makefile", "Package.swift"]
    for path in files {
      // The tools version and the interpreter must stand on the first line.
      let head = try Repository.text(path).prefix(200).split(separator: "\n").prefix(2).joined()
      #expect(head.contains("SPDX-License-Identifier: GPL-2.0-only"), "\(path)")
    }
  }

  @Test func noFileNeedsATableOfContents() {
    // A table that a test writes, and compares, is no reading matter.
    for source in Repository.sources + Repository.tests
    where !source.text.contains("// swift-format-ignore-file") {
      let lines = source.lineCount
      #expect(lines <= 500, "\(source.path) has \(lines) lines; give its second subject a file")
    }
  }

  @Test func sourcesHaveNoTrapsAndNoPromises() {
    let traps = [
      "fatalError(", "preconditionFailure(", "precondition(", "try!", "as!", "@unchecked",
    ]
    for source in Repository.sources {
      for trap in traps {
        if let line = source.words[trap] { Issue.record("\(source.path):\(line): \(trap)") }
      }
      for promise in ["TODO", "FIXME", "XXX:"] {
        #expect(!source.text.contains(promise), "\(source.path): \(promise)")
      }
    }
  }

  @Test func testsUseWhatIsPublic() {
    for source in Repository.tests { #expect(source.words["@testable"] == nil, "\(source.path)") }
  }

  /// The checks see what they look for, and only there.
  @Test func wordsAreTakenFromCodeOnly() {
    let source = SwiftSource(
      path: "Sources/X/Y.swift",
      text: #"""
        @testable internal import Z
        let a = "fatalError( \" try!" // as!
        let b = try! f(g)
        let c = """
          print(1)
          """
        """#
    )
    #expect(source.imports == ["Z"])
    #expect(source.words["try!"] == 3 && source.words["f("] == 3 && source.words["g"] == 3)
    #expect(source.words["fatalError("] == nil && source.words["as!"] == nil)
    #expect(source.words["print("] == nil && source.words["@testable"] == 1)
    #expect(source.target == "X" && source.lineCount == 5)
  }

  @Test func nothingStandsAtTheTopThatDoesNotBelongThere() throws {
    let allowed: Set = [
      "Package.swift", "Makefile", "README.md", "ARCHITECTURE.md", "LICENSE", "Sources", "Tests",
      "patches", "rules",
    ]
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.root.path)
      .filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
    #expect(Set(names).subtracting(allowed) == [])
  }

  /// `make test` leaves them out by name and `make test-kernel` picks them by name.
  @Test func suitesOnARealTreeAreNamedSo() throws {
    for source in Repository.tests where source.target != "TidyTests" {
      guard source.text.contains("twostep/trees") || source.text.contains("RealTree.") else {
        continue
      }
      #expect(
        source.words.keys.contains { $0.count > "RealTree(".count && $0.contains("ealTree") },
        "\(source.path) uses a kernel tree; name the suite RealTree… or the test realTree…"
      )
    }
  }
}
