// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// The shape that ARCHITECTURE.md promises.
@Suite struct ArchitectureTests {
  @Test func everyImportPointsDownTheList() throws {
    let rooms = try Repository.rooms()
    #expect(rooms.first == "twostep" && rooms.contains("Findings"))
    for source in Repository.sources {
      let place = try #require(
        rooms.firstIndex(of: source.target),
        "\(source.path) is in no target"
      )
      for imported in source.imports {
        guard let other = rooms.firstIndex(of: imported) else { continue }
        #expect(
          other > place,
          "\(source.path) imports \(imported), which stands above \(source.target)"
        )
      }
    }
  }

  @Test(
    arguments: [
      ("CLibClang", ["ClangFrontend"]), ("CLibGit2", ["GitObjects", "PatchSeries"]),
      ("CZlib", ["PatchSeries"]),
    ]
  )
  func aForeignLibraryHasItsDoors(library: String, doors: [String]) throws {
    let importers = Repository.sources.filter { $0.imports.contains(library) }
    #expect(Set(importers.map(\.target)).isSubset(of: doors), "\(importers.map(\.path))")
    let files = importers.filter { $0.target == "PatchSeries" && library == "CLibGit2" }
    #expect(files.map(\.path).allSatisfy { $0.hasSuffix("/BlobID.swift") })
  }

  @Test func theEngineKnowsNoCAndTheInterpreterNoDMA() throws {
    let rooms = Set(try Repository.rooms())
    for source in Repository.sources {
      let imports = Set(source.imports)
      switch source.target {
      case "DMAModel": #expect(imports.isDisjoint(with: rooms), "\(source.path)")
      case "KernelC":
        #expect(imports.isDisjoint(with: ["DMAModel", "DriverCheck"]), "\(source.path)")
      default: break
      }
    }
  }

  static let pureTargets: Set = [
    "DMAModel", "KernelAPI", "PatchSeries", "Rules", "Findings", "SourceFacts",
  ]
  /// Ways to reach a file, another process, the clock or chance.
  static let inputAndOutput = [
    "FileManager", "FileHandle", "FilePath", "FileDescriptor", "Process", "ProcessInfo", "URL",
    "InputStream", "OutputStream", "URLSession", "ContinuousClock", "SuspendingClock",
    "SystemRandomNumberGenerator", "fopen(", "open(", "mmap(", "getenv(",
    "clock_gettime(", "print(", "fputs(", "Date(", "stdin", "stdout", "stderr",
  ]

  @Test func pureTargetsDoNoInputOrOutput() throws {
    for source in Repository.sources where Self.pureTargets.contains(source.target) {
      for word in Self.inputAndOutput {
        if let line = source.words[word] { Issue.record("\(source.path):\(line): \(word)") }
      }
      #expect(source.imports.allSatisfy { !["System", "Subprocess", "GRDB"].contains($0) })
    }
  }

  @Test func theArchitecturePageListsEveryTarget() throws {
    let page = try Repository.text("ARCHITECTURE.md")
    for room in try Repository.rooms() {
      #expect(page.contains("`\(room)`"), "ARCHITECTURE.md does not name `\(room)`")
    }
  }
}
