// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep suggest` on drivers of Linux 6.12, with the API that 6.16 brought taken as given.
@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: "\(tree)-allmodconfig"),
    "the kernel tree of make test-kernel"
  )
)
struct RealTreeSuggestTests {
  struct Emitted: Sendable {
    let driver: String
    let folder: String
    /// What the patch must say.
    let words: [String]
  }

  static let sample = [
    Emitted(
      driver: "drivers/vfio/pci/mlx5",
      folder: "vfio-mlx5",
      words: ["vfio/mlx5: ", "recv_buf->npages", "gcc compiles it without new warnings"]
    ),
    Emitted(
      driver: "drivers/gpu/drm/nouveau/nvkm/subdev/mmu",
      folder: "drm-nouveau",
      words: ["drm/nouveau: ", "nvkm_mem_dtor", "gcc compiles it without new warnings"]
    ),
    // What the callers of its helpers hand on is executed as well.
    Emitted(
      driver: "drivers/misc/genwqe",
      folder: "misc-genwqe",
      words: ["genwqe_unmap_pages", "gcc compiles it without new warnings", "3 pages take 1 IOVA"]
    ),
    Emitted(
      driver: "drivers/gpu/drm/imagination",
      folder: "drm-imagination",
      words: ["drm/imagination: ", "pvr_vm_mips_fini"]
    ),
  ]

  private struct Report: Decodable {
    struct Finding: Decodable { let id: String }
    let findings: [Finding]
  }

  /// The patches pass every gate, are valid, and say what was run.
  @Test(arguments: sample)
  func realTreePatchesCarryTheirProof(_ wanted: Emitted) throws {
    let home = try TemporaryDirectory()
    let output = home.file("out")
    let outcome = try Program.run(
      arguments: [
        "suggest", tree, wanted.driver, "--build", "\(tree)-allmodconfig", "--assume-api",
        "--cache", "none", "--rule", "page-array-loop", "-o", output,
      ],
      environment: try SuggestTests.environment(home)
    )
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    let folder = "\(output)/\(wanted.folder)"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let patches = names.filter { $0.hasSuffix(".patch") }
    #expect(patches.count >= 2, "\(outcome.output)")
    let text = try patches.dropFirst().map { try Program.text("\(folder)/\($0)") }.joined()
    for word in wanted.words + ["pairs of runs on 7 devices"] {
      #expect(text.replacing("\n", with: " ").contains(word), "\(word) in \(text)")
    }
    let validated = try Program.run(
      arguments: ["validate"] + patches.map { "\(folder)/\($0)" }
        + ["--base", tree, "--fail-on", "note", "--no-parse", "--quiet", "--format", "json"]
    )
    let report = try JSONDecoder().decode(Report.self, from: Data(validated.output.utf8))
    // What was taken as given is not in the tree; there is nothing else to say.
    #expect(Set(report.findings.map(\.id)) == ["api-not-in-tree"], "\(validated.output)")
  }
}

private let tree = NSHomeDirectory() + "/.cache/twostep/trees/linux-6.12"
