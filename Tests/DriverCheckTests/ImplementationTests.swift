// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Foundation
import Testing

/// Implementations of the DMA API, and mistakes that are built into them.
@Suite struct ImplementationTests {
  static let sources = ["two-step.c", "direct.c", "translated.c", "mirror.c"]

  private func check(_ name: String, _ text: String? = nil) throws -> DriverChecker.Result {
    let path = Fixture.directory + "/Implementation/" + name
    return DriverChecker(try Fixture.facts(path, text: text)).check()
  }

  @Test(arguments: sources) func whatIsRightIsSilent(_ name: String) throws {
    let result = try check(name)
    // That a copy keeps no low bits of its address is for the swiotlb to say, not for this file.
    let errors = result.findings.filter { $0.severity == .error }
    #expect(errors.isEmpty, "\(errors.map { "\($0.location.line) \($0.id): \($0.message)" })")
    #expect(result.lifecycles.count == 1)
    #expect(result.lifecycles.allSatisfy { $0.coverage == .full }, "\(result.unchecked)")
  }

  /// A mistake: what it replaces, what it is then, its id, and what stands at the place to blame.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var file: String
    var right: String
    var wrong: String
    var id: String
    var blamed: String
    var testDescription: String { "\(id): \(wrong)" }
  }

  static let mistakes: [Mistake] = [
    Mistake(
      file: "two-step.c",
      right: "dma_iova_unlink(dev, state, offset, done",
      wrong: "dma_iova_unlink(dev, state, 0, done",
      id: "iova-unlink-mismatch",
      blamed: "dma_iova_unlink(dev, state, 0, done"
    ),
    Mistake(
      file: "two-step.c",
      right: "if (size) {",
      wrong: "{",
      id: "dma-zero-length",
      blamed: "error = enter(dev, at + done, phys + done, size"
    ),
    Mistake(
      file: "two-step.c",
      right: "give_back(dev, state, state->__size & ~BOUNCED);\n}\n\nstatic int enter(",
      wrong: "give_back(dev, state, 1);\n}\n\nstatic int enter(",
      id: "iova-leak",
      blamed: "give_back(dev, state, 1);"
    ),
    Mistake(
      file: "two-step.c",
      right: "\tgive_back(dev, state, state->__size & ~BOUNCED);\n}\n",
      wrong: "\tgive_back(dev, state, mapped_len ?: state->__size & ~BOUNCED);\n}\n",
      id: "iova-leak",
      blamed: "give_back(dev, state, mapped_len ?:"
    ),
    Mistake(
      file: "two-step.c",
      right:
        "return iommu_sync_map(iommu_get_dma_domain(dev), at - pad, rounded(dev, size + pad));",
      wrong: "return at - pad == rounded(dev, size + pad);",
      id: "iova-missing-sync",
      blamed: "int dma_iova_sync("
    ),
    Mistake(
      file: "two-step.c",
      right: "\tiommu_iotlb_sync(domain, &gather);\n",
      wrong: "",
      id: "dma-use-after-unmap",
      blamed: "drop(dev, state->addr, mapped_len"
    ),
    Mistake(
      file: "two-step.c",
      right: "\tmemset(phys_to_virt(copy + bytes), 0, after);\n",
      wrong: "",
      id: "coherency-padding-exposed",
      blamed: "return link_copies("
    ),
    Mistake(
      file: "two-step.c",
      right: "\t\tarch_sync_dma_for_device(phys, bytes, dir);\n",
      wrong: "\t\tarch_sync_dma_for_device(phys, 64, dir);\n",
      id: "coherency-missing-sync",
      blamed: "int dma_iova_link("
    ),
    Mistake(
      file: "two-step.c",
      right: "\tif (done)\n\t\tdma_iova_unlink(dev, state, offset, done, dir, attrs);\n",
      wrong: "",
      id: "iova-range-leak",
      blamed: "return link_copies("
    ),
    Mistake(
      file: "two-step.c",
      right: "offset - pad, phys - pad, rounded(",
      wrong: "offset - pad, phys - pad + 4096, rounded(",
      id: "implementation-differs",
      blamed: "int dma_iova_link("
    ),
    Mistake(
      file: "direct.c",
      right: "case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:\n",
      wrong: "case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:\n\t\t\tsg_dma_len(sg) = sg->length;\n"
        + "\t\t\tcontinue;\n",
      id: "p2p-type-unhandled",
      blamed: "switch (pci_p2pdma_state("
    ),
    Mistake(
      file: "direct.c",
      right: "\t\t\tsg_dma_len(sg) = sg->length;\n",
      wrong: "",
      id: "p2p-length-missing",
      blamed: "switch (pci_p2pdma_state("
    ),
    Mistake(
      file: "direct.c",
      right: "\tdma_direct_unmap_sg(dev, sgl, i, dir,",
      wrong: "\tdma_direct_unmap_sg(dev, sgl, i / 2, dir,",
      id: "dma-leak",
      blamed: "sg->dma_address = map_one("
    ),
    Mistake(
      file: "translated.c",
      right: "\tfree_iova_fast(space_of(dev), first, bytes / granule);\n",
      wrong: "",
      id: "iova-leak",
      blamed: "first = alloc_iova_fast("
    ),
    Mistake(
      file: "translated.c",
      right: "\tswiotlb_tbl_unmap_single(dev, phys, size, dir, attrs);\n}",
      wrong: "}",
      id: "dma-leak",
      blamed: "void iommu_dma_unmap_page("
    ),
    Mistake(
      file: "mirror.c",
      right: "\t*entry &= ~STICKY;\n",
      wrong: "\t*entry &= ~HMM_PFN_DMA_MAPPED;\n",
      id: "implementation-differs",
      blamed: "bool hmm_dma_unmap_pfn("
    ),
    Mistake(
      file: "mirror.c",
      right: "\tif (dma_use_iova(&map->state))\n\t\tdma_iova_free(dev, &map->state);\n",
      wrong: "",
      id: "iova-leak",
      blamed: "dma_iova_try_alloc(dev, &map->state"
    ),
    Mistake(
      file: "mirror.c",
      right: "\terror = dma_iova_sync(dev, &map->state, i * size, size);\n",
      wrong: "",
      id: "implementation-differs",
      blamed: "dma_addr_t hmm_dma_map_pfn("
    ),
  ]

  /// A workload that cannot be run is told, and not left out in silence.
  @Test(arguments: [
    ("enum hmm_pfn_flags {", "enum other_flags {", "nothing says which bits"),
    (
      "bool hmm_dma_unmap_pfn(", "static bool unmap_pfn(",
      "hmm_dma_map_alloc() without the other functions of HMM maps"
    ),
  ])
  func aMapThatCannotBeTriedIsTold(_ right: String, _ wrong: String, _ reason: String) throws {
    let path = Fixture.directory + "/Implementation/mirror.c"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains(right))
    let result = try check("mirror.c", text.replacing(right, with: wrong))
    #expect(result.lifecycles.contains { $0.coverage == .none })
    #expect(result.unchecked.contains { $0.reason.contains(reason) }, "\(result.unchecked)")
  }

  @Test(arguments: mistakes) func aMistakeIsFoundAtItsPlace(_ mistake: Mistake) throws {
    let path = Fixture.directory + "/Implementation/" + mistake.file
    let right = try String(contentsOfFile: path, encoding: .utf8)
    #expect(right.contains(mistake.right))
    // Where the same text stands twice, the last is meant.
    let place = try #require(right.ranges(of: mistake.right).last)
    let text = right.replacingCharacters(in: place, with: mistake.wrong)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let wanted = lines.indices.filter { lines[$0].contains(mistake.blamed) }.map { $0 + 1 }
    let found = try check(mistake.file, text).findings.filter { $0.severity == .error }
    let told = found.map { "\($0.location.line) \($0.id): \($0.message)" }
    #expect(Set(found.map(\.id)) == [mistake.id], "\(told)")
    #expect(found.contains { wanted.contains($0.location.line) }, "\(told), wanted at \(wanted)")
    #expect(found.allSatisfy { $0.witness != nil })
  }
}
