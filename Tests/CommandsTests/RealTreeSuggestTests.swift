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
  struct Emitted {
    let driver: String
    let folder: String
    /// What the patch must say.
    let words: [String]
    /// What make is told to build for an x86-64 kernel with everything: all that the patch touches.
    var objects: [String] = []
  }

  static let sample = [
    // Two patches of one file. The second is about a table that is only mapped; what finds a page in
    // it is in another file.
    Emitted(
      driver: "drivers/vfio/pci/mlx5",
      folder: "vfio-mlx5",
      words: [
        "vfio/mlx5: link the pages of dma_addrs", "recv_buf->npages",
        "without new errors; gcc compiles ",
        "vfio/mlx5: keep the pages of table in an array",
        "mlx5vf_get_migration_page() finds the page at an offset by its index",
        "-\tstruct scatterlist *last_offset_sg;", "gcc compiles 2 files without new warnings",
      ],
      objects: ["drivers/vfio/pci/mlx5/"]
    ),
    Emitted(
      driver: "drivers/gpu/drm/nouveau/nvkm/subdev/mmu",
      folder: "drm-nouveau",
      words: ["drm/nouveau: ", "nvkm_mem_dtor", "gcc compiles it without new warnings"],
      objects: ["drivers/gpu/drm/nouveau/nvkm/subdev/mmu/mem.o"]
    ),
    // What the callers of its helpers hand on is executed as well.
    Emitted(
      driver: "drivers/misc/genwqe",
      folder: "misc-genwqe",
      words: ["genwqe_unmap_pages", "without new errors; gcc compiles ", "3 pages take 1 IOVA"],
      objects: ["drivers/misc/genwqe/"]
    ),
    // One helper for the arrays of two structs, called from another file.
    Emitted(
      driver: "drivers/infiniband/hw/irdma",
      folder: "RDMA-irdma",
      words: [
        "dmaaddrs in struct irdma_dma_info and of palloc in struct irdma_aeq",
        "gcc compiles 4 files", "&aeq->palloc_state",
      ],
      objects: ["drivers/infiniband/hw/irdma/hw.o", "drivers/infiniband/hw/irdma/utils.o"]
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

  /// One run over some drivers.
  private struct Run {
    let home: TemporaryDirectory
    let output: String
    let outcome: Program.Outcome

    init(_ rules: [String], _ drivers: [Emitted]) throws {
      home = try TemporaryDirectory()
      output = home.file("out")
      outcome = try Program.run(
        arguments: ["suggest", tree] + drivers.map(\.driver) + [
          "--build", "\(tree)-allmodconfig", "--assume-api", "--cache", "none",
          "-o", output,
        ] + rules.flatMap { ["--rule", $0] },
        environment: try SuggestTests.environment(home)
      )
    }

    func patches(of folder: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "\(output)/\(folder)").sorted()
        .filter { $0.hasSuffix(".patch") }.map { "\(output)/\(folder)/\($0)" }
    }
  }

  @Test func realTreePatchesCarryTheirProofAndBuildTogether() throws {
    let run = try Run(["page-array-loop", "sgtable-from-pages"], Self.sample)
    #expect(run.outcome.status == 0, "\(run.outcome.output) \(run.outcome.errors)")
    for emitted in Self.sample { try check(emitted, in: run) }
    try build(run)
  }

  /// The patches pass every gate, are valid, and say what was run.
  private func check(_ wanted: Emitted, in run: Run) throws {
    let patches = try run.patches(of: wanted.folder)
    #expect(patches.count >= 2, "\(run.outcome.output)")
    let text = try patches.dropFirst().map { try Program.text($0) }.joined()
    for word in wanted.words + ["pairs of runs on 7 devices"] {
      #expect(text.replacing("\n", with: " ").contains(word), "\(word) in \(text)")
    }
    let validated = try Program.run(
      arguments: ["validate"] + patches
        + ["--base", tree, "--fail-on", "note", "--no-parse", "--quiet", "--format", "json"]
    )
    let report = try JSONDecoder().decode(Report.self, from: Data(validated.output.utf8))
    // What was taken as given is not in the tree; there is nothing else to say.
    #expect(Set(report.findings.map(\.id)) == ["api-not-in-tree"], "\(validated.output)")
  }

  /// All patches of the sample applied to one copy of the tree: make builds what they touch, where
  /// every warning is an error.
  private func build(_ run: Run) throws {
    var patches: [String] = []
    var objects: [String] = []
    for emitted in Self.sample where !emitted.objects.isEmpty {
      patches += try run.patches(of: emitted.folder).dropFirst()
      objects += emitted.objects
    }
    #expect(patches.count == 5)
    // Symbolic links to the tree's files: hard ones would change the times of these, by which a
    // scan knows that a file has not changed. What is patched becomes a file of the copy's own.
    let copy = "\(tree)-joint-\(UUID())"
    let build = "\(copy)-allmodconfig"
    defer { for path in [copy, build] { try? FileManager.default.removeItem(atPath: path) } }
    let script = """
      set -e
      grep -q '^CONFIG_WERROR=y' '\(tree)-allmodconfig/.config'
      cp -as '\(tree)' '\(copy)'
      mkdir '\(build)'
      cp '\(tree)-allmodconfig/.config' '\(build)/.config'
      cd '\(copy)'
      export GIT_CEILING_DIRECTORIES="$(dirname '\(tree)')"
      for patch in \(patches.map { "'\($0)'" }.joined(separator: " ")); do
        for file in $(git apply --numstat "$patch" | cut -f3); do
          [ ! -L "$file" ] || cp --remove-destination "$(readlink "$file")" "$file"
        done
        git apply "$patch"
      done
      header=include/linux/dma-mapping.h
      { cat $header; printf '%s\\n' "$API"; } >api.h
      mv api.h $header
      make -s O='\(build)' olddefconfig prepare
      make -s O='\(build)' \(objects.joined(separator: " "))
      find '\(build)/drivers' -name '*.o' ! -name '.*' | wc -l
      """
    let outcome = try Program.shell(script, in: run.home.path, environment: ["API": Self.api])
    #expect(outcome.status == 0, "\(outcome.output)")
    let count = outcome.output.split(separator: "\n").last.flatMap { Int($0) }
    // Of genwqe 7, of mlx5 3, each with its module, two of irdma and one of nouveau.
    #expect(count == 13, "\(outcome.output)")
  }

  /// What Linux 6.16 declares of what the patches call.
  private static let api = """
    #ifndef TEST_DMA_IOVA
    #define TEST_DMA_IOVA
    struct dma_iova_state { dma_addr_t addr; u64 __size; };
    bool dma_use_iova(struct dma_iova_state *state);
    bool dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
                            size_t size);
    void dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped_len,
                          enum dma_data_direction dir, unsigned long attrs);
    int dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset,
                      size_t size);
    int dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
                      size_t offset, size_t size, enum dma_data_direction dir,
                      unsigned long attrs);
    #endif
    """
}

private let tree = NSHomeDirectory() + "/.cache/twostep/trees/linux-6.12"
