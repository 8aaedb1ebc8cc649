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

  @Test func noFileNeedsATableOfContents() throws {
    for path in Repository.swiftFiles {
      let lines = try Repository.text(path).utf8.count { $0 == UInt8(ascii: "\n") }
      #expect(lines <= 500, "\(path) has \(lines) lines; give its second subject a file")
    }
  }

  @Test func sourcesHaveNoTrapsAndNoPromises() throws {
    for path in Repository.files(under: "Sources", suffixes: [".swift"]) {
      let code = try Repository.code(path)
      #expect(!code.contains(/\bfatalError\(|\btry!|\bas!|\bprecondition\(|@unchecked/), "\(path)")
      #expect(!(try Repository.text(path)).contains(/\b(TODO|FIXME|XXX)\b/), "\(path)")
    }
  }

  @Test func testsUseWhatIsPublic() throws {
    for path in Repository.files(under: "Tests", suffixes: [".swift"]) {
      #expect(!(try Repository.code(path)).contains("@testable"), "\(path)")
    }
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
    let own = "Tests/TidyTests/SourceTests.swift"
    for path in Repository.files(under: "Tests", suffixes: [".swift"]) where path != own {
      let text = try Repository.text(path)
      guard text.contains(/twostep\/trees|RealTree\./) else { continue }
      #expect(
        text.contains(/struct RealTree|func realTree/),
        "\(path) uses a kernel tree; name the suite RealTree… or the test realTree…"
      )
    }
  }
}
