// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Testing

@Suite struct FindingCatalogueTests {
  static let all = FindingCatalogue.sections.flatMap(\.descriptors)

  @Test func idsAreUniqueAndKebabCase() {
    #expect(Set(Self.all.map(\.id)).count == Self.all.count)
    for descriptor in Self.all {
      #expect(
        descriptor.id.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)+/) != nil,
        "\(descriptor.id)"
      )
    }
  }

  @Test func everySentenceIsLowerCaseWithoutFullStop() {
    for descriptor in Self.all {
      for sentence in [descriptor.meaning, descriptor.remedy] {
        #expect(!sentence.isEmpty && !sentence.hasSuffix("."), "\(descriptor.id): \(sentence)")
      }
    }
  }
}
