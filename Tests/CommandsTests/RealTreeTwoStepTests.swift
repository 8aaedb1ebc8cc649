// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Testing

/// `twostep` on Debian's Linux 7.3, which has the two-step API and users of it: none of these calls is
/// missed, and its users are executed.
@Suite(.enabled(if: RealTree.hasRecent, "no Linux 7.3 in ~/.cache/twostep/trees"))
struct RealTreeTwoStepTests {
  @Test func everyCallOfTheTwoStepAPIIsInTheSyntaxTree() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("report.json")
    let outcome = try Program.run(
      arguments: ["scan", RealTree.recent, "--build", RealTree.recent + "-allmodconfig"]
        + ["--cache", "none", "--format", "json", "-o", file]
        + ["--api", "dma_iova_*", "hmm_dma_*", "blk_rq_dma_*"]
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try ScanTests.Report(ofFile: file)
    let classes = report.rows("accounting").filter { $0["class"]?.text != "sum" }
    let sum = classes.compactMap { $0["occurrences"]?.count }.reduce(0, +)
    #expect(sum == report.occurrences("sum"))
    #expect(report.occurrences("unparsed") == nil && report.occurrences("inactive") == nil)
    #expect(report.rows("parse-errors").isEmpty, "\(report.rows("parse-errors"))")
    #expect(report.rows("two-step-api").count { $0["inTree"] == .flag(true) } == 15)
    let sites = report.rows("sites")
    #expect(sites.count >= 60, "\(sites.count)")
    #expect(sites.allSatisfy { $0["evidence"]?.text == "syntax-tree" })
    for path in [
      "block/blk-mq-dma.c", "drivers/dma-buf/dma-buf-mapping.c", "drivers/gpu/drm/drm_gpusvm.c",
      "drivers/infiniband/core/umem_odp.c", "drivers/iommu/dma-iommu.c", "drivers/nvme/host/pci.c",
      "drivers/vfio/pci/mlx5/cmd.c", "mm/hmm.c",
    ] {
      #expect(sites.contains { $0["path"]?.text == path }, "\(path)")
    }
  }

  /// At least so many of their lifecycles are executed fully, and only what is known is said against
  /// them. That of umem_odp.c is in Sources/DriverCheck/README.md.
  @Test(arguments: [
    ("drivers/gpu/drm/drm_gpusvm.c", 1, []),
    (
      "drivers/infiniband/core/umem_odp.c", 2,
      ["ib_umem_odp_unmap_dma_pages() looks up pfns by the number of a page of 1 << page_shift"]
    ),
    ("drivers/nvme/host/pci.c", 12, []), ("drivers/vfio/pci/mlx5/cmd.c", 4, []),
    ("block/blk-mq-dma.c", 4, []),
  ])
  func usersAreExecuted(_ path: String, _ fully: Int, _ known: [String]) throws {
    let outcome = try Program.run(
      "check",
      RealTree.recent,
      path,
      "--build",
      RealTree.recent + "-allmodconfig"
    )
    let summary = try #require(
      outcome.output.firstMatch(of: /lifecycle\(s\): (\d+) executed fully.* (\d+) finding\(s\)/),
      "\(outcome.output) \(outcome.errors)"
    )
    #expect((Int(summary.1) ?? 0) >= fully, "\(outcome.output)")
    #expect(Int(summary.2) == known.count, "\(outcome.output)")
    for finding in known { #expect(outcome.output.contains(finding), "\(outcome.output)") }
  }
}
