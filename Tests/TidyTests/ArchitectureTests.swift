// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// The shape that ARCHITECTURE.md promises.
@Suite struct ArchitectureTests {
  static let sources = Repository.files(under: "Sources", suffixes: [".swift"])

  static func imports(of path: String) throws -> [String] {
    try Repository.code(path).matches(of: /(?m)^\s*(?:@\w+ )*(?:\w+ )?import (\w+)/)
      .map { String($0.output.1) }
  }

  @Test func everyImportPointsDownTheList() throws {
    let rooms = try Repository.rooms()
    #expect(rooms.first == "twostep" && rooms.contains("Findings"))
    for path in Self.sources where path.hasSuffix(".swift") {
      let target = Repository.target(of: path)
      let place = try #require(rooms.firstIndex(of: target), "\(path) is in no target")
      for imported in try Self.imports(of: path) {
        guard let other = rooms.firstIndex(of: imported) else { continue }
        #expect(other > place, "\(path) imports \(imported), which stands above \(target)")
      }
    }
  }

  @Test(arguments: [("CLibClang", "ClangFrontend"), ("CLibGit2", "GitObjects")])
  func aForeignLibraryHasOneDoor(library: String, door: String) throws {
    let importers = try Self.sources.filter { try Self.imports(of: $0).contains(library) }
    #expect(Set(importers.map(Repository.target)).subtracting([door]) == [])
  }

  @Test func theEngineKnowsNoCAndTheInterpreterNoDMA() throws {
    let rooms = Set(try Repository.rooms())
    for path in Self.sources {
      let imports = Set(try Self.imports(of: path))
      switch Repository.target(of: path) {
      case "DMAModel": #expect(imports.isDisjoint(with: rooms), "\(path)")
      case "KernelC": #expect(imports.isDisjoint(with: ["DMAModel", "DriverCheck"]), "\(path)")
      default: break
      }
    }
  }

  static let pureTargets: Set = [
    "DMAModel", "KernelAPI", "PatchSeries", "Rules", "Findings", "SourceFacts",
  ]
  /// Ways to reach a file, another process or the clock.
  static let inputAndOutput = [
    #"\b(FileManager|FileHandle|Process|ProcessInfo|InputStream|OutputStream|URLSession)\b"#,
    #"\b(fopen|mmap|getenv|clock_gettime|open|print|fputs|Date)\("#,
    #"\b(ContinuousClock|SuspendingClock|SystemRandomNumberGenerator)\b"#,
    #"\bcontentsOf(File)?: *(URL|url|path)"#,
    #"\bimport (System|Subprocess|GRDB)\b"#,
  ].joined(separator: "|")

  @Test func pureTargetsDoNoInputOrOutput() throws {
    let inputAndOutput = try Regex(Self.inputAndOutput)
    for path in Self.sources where Self.pureTargets.contains(Repository.target(of: path)) {
      for (index, line) in try Repository.code(path).split(
        separator: "\n",
        omittingEmptySubsequences: false
      ).enumerated() {
        #expect(!line.contains(inputAndOutput), "\(path):\(index + 1): \(line)")
      }
    }
  }

  @Test func theArchitecturePageListsEveryTarget() throws {
    let page = try Repository.text("ARCHITECTURE.md")
    for room in try Repository.rooms() {
      #expect(page.contains("`\(room)`"), "ARCHITECTURE.md does not name `\(room)`")
    }
  }
}
