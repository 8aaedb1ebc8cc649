// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep validate` executes the posting that the tool is about, over the release before it was
/// merged: what its functions do wrong is found, at its place, and nothing else is said of them.
@Suite(
  .enabled(if: RealTree.isPresent, "no kernel tree in ~/.cache/twostep/trees"),
  .enabled(if: SeventhPosting.mailbox != nil, "the mailbox of the seventh posting is not here")
)
struct RealTreeExecutionTests {
  private struct Report: Decodable {
    struct Finding: Decodable {
      struct Place: Decodable {
        var path: String
        var line: Int
      }
      struct Patch: Decodable {
        var number: Int
        var mailLine: Int?
      }
      var id: String
      var severity: String
      var location: Place
      var message: String
      var patch: Patch?
    }
    var findings: [Finding]
  }

  /// The ids that only a run can show.
  private static let shown: Set<String> = [
    "refactor-behaviour-change", "implementation-differs", "iova-leak", "iova-unlink-mismatch",
    "iova-range-leak", "dma-zero-length", "p2p-type-unhandled", "p2p-length-missing",
    "c-out-of-bounds", "c-use-after-free", "c-double-free", "c-null-dereference", "dma-leak",
    "dma-unmap-type", "iova-error-ignored", "hmm-index-units",
  ]

  /// Patch, id, file, and what the message names. Each was read in the source.
  private static let defects: [(patch: Int, id: String, path: String, text: String)] = [
    (1, "refactor-behaviour-change", "kernel/dma/direct.c", "dma_direct_map_sg()"),
    (1, "p2p-type-unhandled", "kernel/dma/direct.c", "through the host bridge"),
    (1, "p2p-length-missing", "kernel/dma/direct.c", "and no length"),
    (1, "p2p-length-missing", "drivers/iommu/dma-iommu.c", "another length"),
    (7, "iova-unlink-mismatch", "drivers/iommu/dma-iommu.c", "that did not map"),
    (7, "dma-zero-length", "drivers/iommu/dma-iommu.c", "zero bytes"),
    (7, "iova-leak", "drivers/iommu/dma-iommu.c", "never given back"),
    (11, "c-null-dereference", "mm/hmm.c", "hmm_dma_map_pfn(): a NULL pointer is written"),
    (12, "hmm-index-units", "drivers/infiniband/hw/mlx5/odp.c", "mlx5_ib_invalidate_range()"),
    (13, "hmm-index-units", "drivers/infiniband/core/umem_odp.c", "ib_umem_odp_unmap_dma_pages()"),
    (13, "dma-leak", "drivers/infiniband/hw/mlx5/umr.c", "mlx5r_umr_update_xlt() has failed"),
    (16, "dma-unmap-type", "drivers/vfio/pci/mlx5/cmd.c", "unmapped as single"),
    (17, "c-out-of-bounds", "drivers/vfio/pci/mlx5/cmd.c", "as this tree has it"),
    (7, "implementation-differs", "drivers/iommu/dma-iommu.c", "that the contract allows"),
  ]

  @Test func theDefectsThatRunsShowAreFound() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("report.json")
    let outcome = try Program.run(arguments: [
      "validate", try #require(SeventhPosting.mailbox), "--base", RealTree.source,
      "--build", RealTree.source + "-allmodconfig", "--cache", "none",
      "--format", "json", "-o", file,
    ])
    #expect(outcome.status == 1, "\(outcome.errors)")
    let report = try JSONDecoder().decode(
      Report.self,
      from: try Data(contentsOf: URL(filePath: file))
    )
    let found = report.findings.filter { Self.shown.contains($0.id) }
    let told = found.map {
      "\($0.patch?.number ?? 0) \($0.location.path):\($0.location.line) \($0.id): \($0.message)"
    }
    for defect in Self.defects {
      let hit = found.first {
        $0.patch?.number == defect.patch && $0.id == defect.id
          && $0.location.path == defect.path && $0.message.contains(defect.text)
      }
      #expect(hit?.patch?.mailLine != nil, "\(defect): \(told)")
    }
    let others = found.filter { finding in
      !Self.defects.contains {
        $0.patch == finding.patch?.number && $0.path == finding.location.path
      }
    }
    #expect(others.isEmpty, "\(told)")
  }
}

private enum SeventhPosting {
  static let mailbox = ["..", "../.."].map { "\($0)/shared/mail/two-step-v7.mbox" }
    .first { FileManager.default.fileExists(atPath: $0) }
}
