// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Testing

/// The catalogue, its page, and the sources that report findings.
@Suite struct FindingPageTests {
  static let path = "Sources/Findings/Catalogue/README.md"

  static let page: String = {
    var page = """
      <!-- SPDX-License-Identifier: GPL-2.0-only -->
      # Findings

      Made from the catalogue in this directory; `UPDATE_GOLDENS=1 swift test --filter TidyTests`
      writes it anew. An id never changes its meaning.

      """
    for section in FindingCatalogue.sections where !section.descriptors.isEmpty {
      page += "\n## \(section.title)\n\n| id | severity | meaning | remedy |\n|---|---|---|---|\n"
      for descriptor in section.descriptors {
        let cells = [
          "`\(descriptor.id)`", descriptor.severity.rawValue, descriptor.meaning, descriptor.remedy,
        ]
        page += "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |\n"
      }
    }
    return page
  }()

  @Test func thePageIsUpToDate() throws {
    if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
      try Data(Self.page.utf8).write(to: Repository.root.appending(path: Self.path))
      Issue.record("wrote \(Self.path); run again without UPDATE_GOLDENS")
      return
    }
    #expect(
      try Repository.text(Self.path) == Self.page,
      "out of date: run UPDATE_GOLDENS=1 swift test --filter TidyTests"
    )
  }

  /// Ids that the sources spell out, wherever a finding is made.
  @Test func everyReportedIDIsInTheCatalogue() throws {
    for source in Repository.sources where !source.path.contains("/Findings/Catalogue/") {
      for match in source.text.matches(of: /Finding\(\s*id:\s*"([^"\\]+)"/) {
        let id = String(match.output.1)
        #expect(FindingCatalogue[id] != nil, "\(source.path): \(id)")
      }
    }
  }
}
