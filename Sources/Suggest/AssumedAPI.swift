// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// Declarations of the two-step API for a tree that does not have it yet.
enum AssumedAPI {
  private static let header = "include/linux/dma-mapping.h"

  /// The tree's header with the declarations behind it, by absolute path; empty when the tree has
  /// them.
  static func texts(for tree: KernelTree) -> [String: [UInt8]] {
    let path = "\(tree.root)/\(header)"
    guard let data = FileManager.default.contents(atPath: path),
      data.range(of: Data("dma_iova_try_alloc".utf8)) == nil
    else { return [:] }
    return [path: Array(data) + Array(declarations.utf8)]
  }

  /// As in include/linux/dma-mapping.h of 6.16.
  private static let declarations = """

    #ifndef TWOSTEP_ASSUMED_API
    #define TWOSTEP_ASSUMED_API
    struct dma_iova_state { dma_addr_t addr; u64 __size; };
    bool dma_use_iova(struct dma_iova_state *state);
    bool dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
                            size_t size);
    void dma_iova_free(struct device *dev, struct dma_iova_state *state);
    void dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped_len,
                          enum dma_data_direction dir, unsigned long attrs);
    int dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset,
                      size_t size);
    int dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
                      size_t offset, size_t size, enum dma_data_direction dir,
                      unsigned long attrs);
    void dma_iova_unlink(struct device *dev, struct dma_iova_state *state, size_t offset,
                         size_t size, enum dma_data_direction dir, unsigned long attrs);
    #endif

    """
}
