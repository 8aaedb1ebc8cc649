// SPDX-License-Identifier: GPL-2.0-only

import CallSites
import ClangFrontend
import Foundation
import SourceFacts
import Suggest
import Testing

/// Fixtures say in a comment behind each mapping call what must be found there.
@Suite struct SiteFixtureTests {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")
  static let headers = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../patches/base").standardized.path

  static func sites(of name: String) throws -> (source: String, sites: [CallSite]) {
    let path = fixtures.appending(path: name).path
    let source = try String(contentsOfFile: path, encoding: .utf8)
    let unit = try TranslationUnit(
      parsing: path,
      options: ParseOptions(arguments: [
        "-std=gnu11", "-nostdinc", "-I\(headers)/include", "-I\(headers)/arch/x86/include",
        "-include", "linux/kconfig.h", "-include", "linux/compiler_types.h", "-D__KERNEL__",
      ])
    )
    let errors = unit.diagnostics().filter { $0.severity >= .error }
    #expect(errors.isEmpty, "\(errors)")
    let analysis = SiteAnalysis(
      unit: unit.facts(FactsRequest(.mainFile)),
      source: Array(source.utf8),
      path: name
    )
    return (source, analysis.sites())
  }

  @Test(arguments: ["page-array.c", "keep.c"])
  func everyMappingCallIsWhatTheFixtureSays(_ name: String) throws {
    let (source, sites) = try Self.sites(of: name)
    let rules = try RuleLibrary.bundled().verdicts
    var wanted: [Int: String] = [:]
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      if let marker = line.firstRange(of: "// want ") {
        wanted[index + 1] = String(line[marker.upperBound...])
      }
    }
    #expect(!wanted.isEmpty)
    var found: [Int: String] = [:]
    for site in sites.map(rules.judged) {
      guard let classification = site.classification else { continue }
      found[site.line] = "\(classification.rule) \(Self.name(of: site.errorCheck))"
    }
    for line in Set(wanted.keys).union(found.keys).sorted() {
      #expect(found[line] == wanted[line], "\(name):\(line)")
    }
  }

  private static func name(of check: CallSite.ErrorCheck) -> String {
    switch check {
    case .checked: "checked"
    case .leftToCaller: "left-to-caller"
    case .absent: "absent"
    case .notApplicable: "not-applicable"
    case .unknown: "unknown"
    }
  }

  @Test func argumentsLoopsAndStorageAreReadOffTheSource() throws {
    let sites = try Self.sites(of: "page-array.c").sites
    let site = try #require(sites.first { $0.function == "teal_map" && $0.role == "map" })
    #expect(site.api == "dma_map_page")
    #expect(site.canonicalAPI == "dma_map_page_attrs")
    #expect(site.arguments.first { $0.role == "memory" }?.text == "buffer->pages[i]")
    #expect(site.arguments.first { $0.role == "size" }?.constant == 4096)
    #expect(site.arguments.first { $0.role == "direction" }?.text == "DMA_BIDIRECTIONAL")
    #expect(site.loops.map(\.bound) == ["i < buffer->count"])
    #expect(site.storage.kind == .arrayElement)
    #expect(site.storage.field == "teal_buffer.addrs")
    let chunks = try #require(sites.first { $0.function == "teal_map_chunks" })
    #expect(chunks.loops.first?.constant == 8)
    #expect(chunks.storage.kind == .local)
    #expect(chunks.storage.copies == ["probe->bus[i]"])
  }

  @Test func unmapsArePairedByTheFieldThatHoldsTheAddress() throws {
    let sites = try Self.sites(of: "page-array.c").sites
    let site = try #require(sites.first { $0.function == "teal_map" && $0.role == "map" })
    #expect(site.unmaps.map(\.function) == ["teal_map", "teal_unmap"])
    #expect(site.unmaps.allSatisfy { $0.certainty == .certain && $0.isInLoop })
    let forgotten = try #require(sites.first { $0.function == "teal_forget" })
    #expect(forgotten.unmaps.allSatisfy { $0.certainty == .possible })
  }
}
