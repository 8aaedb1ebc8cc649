// SPDX-License-Identifier: GPL-2.0-only

/// A name whose mentions in other files a rule would have to see.
public enum UnseenName: Hashable, Sendable {
  /// A function that is not static.
  case function(String)
  /// A member of a struct: its name, the struct's tag, and the absolute path of the header that
  /// defines it.
  case member(String, of: String, header: String)
  /// Memory for a struct, by its tag, from an allocator that does not clear it, and structs that
  /// have it as a member in a header.
  case allocation(of: String)

  /// The identifiers that files with mentions of it have.
  public var words: [String] {
    switch self {
    case .function(let name): [name]
    case .member(let name, let tag, _): [name, tag]
    case .allocation(let tag): [tag] + Self.allocators
    }
  }

  public var name: String {
    switch self {
    case .function(let name): name
    case .member(let name, _, _): name
    case .allocation(let tag): tag
    }
  }

  /// Allocators of the kernel that leave memory as it was.
  public static let allocators = [
    "kmalloc", "kmalloc_node", "kmalloc_array", "kmalloc_array_node", "kvmalloc", "kvmalloc_node",
    "kvmalloc_array", "kvmalloc_array_node", "vmalloc", "devm_kmalloc", "devm_kmalloc_array",
    "kmem_cache_alloc", "mempool_alloc",
  ]
}
