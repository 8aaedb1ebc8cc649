// SPDX-License-Identifier: GPL-2.0-only

internal import KernelTree

/// A header that stands in for the kernel's when a file is executed: where the array of
/// `struct page` lies differs between architectures, and the interpreter has its own.
enum MemoryModelHeader {
  /// By absolute path; empty for the architecture that the interpreter follows.
  static func texts(for tree: KernelTree, architecture: String) -> [String: [UInt8]] {
    guard architecture != "x86" else { return [:] }
    return ["\(tree.root)/include/asm-generic/memory_model.h": Array(text.utf8)]
  }

  private static let text = """
    #ifndef __ASM_MEMORY_MODEL_H
    #define __ASM_MEMORY_MODEL_H
    #include <linux/pfn.h>
    struct page;
    unsigned long page_to_pfn(const struct page *page);
    struct page *pfn_to_page(unsigned long pfn);
    #define page_to_pfn page_to_pfn
    #define pfn_to_page pfn_to_page
    #define __page_to_pfn page_to_pfn
    #define __pfn_to_page pfn_to_page
    #define __phys_to_pfn(address) PHYS_PFN(address)
    #define __pfn_to_phys(pfn) PFN_PHYS(pfn)
    #ifndef page_to_phys
    #define page_to_phys(page) PFN_PHYS(page_to_pfn(page))
    #endif
    #ifndef phys_to_page
    #define phys_to_page(address) pfn_to_page(PHYS_PFN(address))
    #endif
    #if defined(CONFIG_FLATMEM) && !defined(pfn_valid)
    int pfn_valid(unsigned long pfn);
    #define pfn_valid pfn_valid
    #endif
    #endif

    """
}
