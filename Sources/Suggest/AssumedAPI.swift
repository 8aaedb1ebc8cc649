// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// Declarations of the two-step API for a tree that does not have it yet.
enum AssumedAPI {
  private struct Part {
    var header: String
    /// Where later releases have the declarations.
    var laterHeader: String
    /// What a header has when it has the declarations.
    var function: String
    var declarations: String
  }

  /// The tree's headers with the declarations behind them, by absolute path; none of those that
  /// have them.
  static func texts(for tree: KernelTree) -> [String: [UInt8]] {
    var texts: [String: [UInt8]] = [:]
    for part in parts {
      let path = "\(tree.root)/\(part.header)"
      let headers = [path, "\(tree.root)/\(part.laterHeader)"]
        .map { FileManager.default.contents(atPath: $0) }
      let function = Data(part.function.utf8)
      guard let text = headers[0], headers.allSatisfy({ $0?.range(of: function) == nil }) else {
        continue
      }
      texts[path] = Array(text) + Array(part.declarations.utf8)
    }
    return texts
  }

  private static let parts = [
    // As in 6.16.
    Part(
      header: "include/linux/dma-mapping.h",
      laterHeader: "include/linux/dma-mapping.h",
      function: "dma_iova_try_alloc",
      declarations: """

        #ifndef TWOSTEP_ASSUMED_API
        #define TWOSTEP_ASSUMED_API
        struct dma_iova_state { dma_addr_t addr; u64 __size; };
        bool dma_use_iova(struct dma_iova_state *state);
        bool dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state,
                                phys_addr_t phys, size_t size);
        void dma_iova_free(struct device *dev, struct dma_iova_state *state);
        void dma_iova_destroy(struct device *dev, struct dma_iova_state *state,
                              size_t mapped_len, enum dma_data_direction dir,
                              unsigned long attrs);
        int dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset,
                          size_t size);
        int dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
                          size_t offset, size_t size, enum dma_data_direction dir,
                          unsigned long attrs);
        void dma_iova_unlink(struct device *dev, struct dma_iova_state *state, size_t offset,
                             size_t size, enum dma_data_direction dir, unsigned long attrs);
        bool dma_need_unmap(struct device *dev);
        #endif

        """
    ),
    // Beside their types, which 6.16 has moved as well.
    Part(
      header: "include/linux/dma-map-ops.h",
      laterHeader: "include/linux/pci-p2pdma.h",
      function: "pci_p2pdma_state",
      declarations: """

        #ifndef TWOSTEP_ASSUMED_P2P
        #define TWOSTEP_ASSUMED_P2P
        struct page;
        enum pci_p2pdma_map_type pci_p2pdma_state(struct pci_p2pdma_map_state *state,
                                                  struct device *dev, struct page *page);
        dma_addr_t pci_p2pdma_bus_addr_map(struct pci_p2pdma_map_state *state,
                                           phys_addr_t paddr);
        #endif

        """
    ),
  ]
}
