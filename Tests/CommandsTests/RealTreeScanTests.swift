// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Testing

/// `twostep scan` on Debian's Linux 6.12: the numbers that the README states.
@Suite(.enabled(if: RealTree.isPresent, "no kernel tree in ~/.cache/twostep/trees"))
struct RealTreeScanTests {
  private static let mappingCalls = [
    "dma_map_page", "dma_map_page_attrs", "dma_unmap_page", "dma_unmap_page_attrs",
    "dma_map_sg", "dma_map_sg_attrs", "dma_unmap_sg", "dma_unmap_sg_attrs",
    "dma_map_single", "dma_map_single_attrs", "dma_unmap_single", "dma_unmap_single_attrs",
    "dma_map_sgtable", "dma_unmap_sgtable", "dma_map_resource",
  ]

  @Test func everyMappingCallIsAccountedFor() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("report.json")
    var arguments = ["scan", RealTree.source, "--build", RealTree.source + "-allmodconfig"]
    arguments += ["--cache", directory.file("cache"), "--format", "json", "-o", file]
    arguments += ["--api"] + Self.mappingCalls
    let cold = try Program.run(arguments: arguments)
    #expect(cold.status == 0, "\(cold.errors)")
    let report = try ScanTests.Report(ofFile: file)

    let classes = report.rows("accounting").filter { $0["class"]?.text != "sum" }
    let sum = classes.compactMap { $0["occurrences"]?.count }.reduce(0, +)
    #expect(sum == report.occurrences("sum"))

    let sites = report.rows("sites").filter { $0["path"]?.text?.hasSuffix(".c") == true }
    #expect(sites.count == 4297)
    // Clashes with macros of headers that a file does not include are none of its errors.
    let errors = report.rows("parse-errors")
    #expect(errors.count <= 48, "\(errors.count)")
    for path in ["drivers/ata/libata-core.c", "drivers/net/wireless/ath/ath11k/dp.c"] {
      #expect(!errors.contains { $0["path"]?.text == path }, "\(path)")
    }
    let evidence = Dictionary(grouping: sites) { $0["evidence"]?.text ?? "" }.mapValues(\.count)
    #expect((evidence["syntax-tree"] ?? 0) >= 4278, "\(evidence)")
    #expect((evidence["lexical"] ?? 0) <= 5, "\(evidence)")
    // The files with the calls that spatch says nothing of.
    for path in [
      "drivers/accel/habanalabs/common/device.c", "drivers/atm/iphase.c",
      "drivers/net/wan/fsl_qmc_hdlc.c", "drivers/scsi/ibmvscsi/ibmvscsi.c",
    ] {
      #expect(sites.contains { $0["path"]?.text == path }, "\(path)")
    }

    let warm = try Program.run(arguments: arguments)
    #expect(warm.status == cold.status)
    let again = try ScanTests.Report(ofFile: file)
    #expect(again.rows("sites") == report.rows("sites"))
    #expect(again.summary.last?.hasPrefix("0 files parsed, ") == true)
  }
}

/// The tree that the checks on a real kernel use.
enum RealTree {
  static let source = NSHomeDirectory() + "/.cache/twostep/trees/linux-6.12"
  static let isPresent = FileManager.default.fileExists(atPath: source + "/Kbuild")
  /// A later one, which has the two-step API.
  static let recent = NSHomeDirectory() + "/.cache/twostep/trees/linux-7.3"
  /// Whether it is there and could be prepared.
  static let hasRecent = FileManager.default.fileExists(
    atPath: recent + "-allmodconfig/include/generated/autoconf.h"
  )
}
