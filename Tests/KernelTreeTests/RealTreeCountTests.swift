// SPDX-License-Identifier: GPL-2.0-only
import Foundation
import KernelAPI
import KernelTree
import Testing

/// The counts of mapping calls in Debian's Linux 6.12 that the project states.
@Suite(.enabled(if: RealTree.isPresent, "no kernel tree in ~/.cache/twostep/trees"))
struct RealTreeCountTests {
  private static let mappingCalls: Set = [
    "dma_map_page", "dma_map_page_attrs", "dma_unmap_page", "dma_unmap_page_attrs",
    "dma_map_sg", "dma_map_sg_attrs", "dma_unmap_sg", "dma_unmap_sg_attrs",
    "dma_map_single", "dma_map_single_attrs", "dma_unmap_single", "dma_unmap_single_attrs",
    "dma_map_sgtable", "dma_unmap_sgtable", "dma_map_resource",
  ]

  @Test func everyMappingCallIsFound() async throws {
    let tree = try KernelTree(path: RealTree.source)
    let inventory = try tree.inventory()
    let index = await tree.index(
      inventory,
      names: NameTable(APICatalogue.functions.map(\.name)),
      jobs: 2
    )
    #expect(index.searchedFiles == inventory.files.count)
    #expect(index.notes.filter(\.isOmission).isEmpty)
    // Neither does the lexer lose its way in any file that it reads.
    #expect(
      !index.notes.contains {
        if case .lexical = $0.reason { true } else { false }
      }
    )

    let uses = index.files.filter { $0.path.hasSuffix(".c") }.flatMap { file in
      file.source.occurrences
        .filter { Self.mappingCalls.contains($0.name) && $0.isCallShaped }
        .filter { $0.lexicalClass != .comment && $0.lexicalClass != .string }
        .map { (path: file.path, shape: $0.shape) }
    }
    #expect(uses.count == 4303)
    let definitions = uses.filter { $0.shape == .definition }.map(\.path)
    #expect(definitions == Array(repeating: "kernel/dma/mapping.c", count: 6))
    // Two of them call a member of a structure that has the name of the function.
    let members = uses.filter { $0.shape == .memberCall }.map(\.path)
    #expect(members == Array(repeating: "drivers/accel/habanalabs/common/device.c", count: 2))
  }
}

/// The tree and the build directory that development machines keep.
enum RealTree {
  static let source = NSHomeDirectory() + "/.cache/twostep/trees/linux-6.12"
  static let build = NSHomeDirectory() + "/.cache/twostep/trees/linux-6.12-allmodconfig"
  static let isPresent = FileManager.default.fileExists(atPath: source + "/Kbuild")
}
