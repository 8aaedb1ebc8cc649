// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Rules
import Suggest
import Testing

/// A struct whose memory comes from a function of the driver's own that returns `void *`: the function
/// is looked into.
@Suite struct OwnAllocatorTests {
  private static let rule = "hmm-mirror"

  /// A case of the rule with the function before another, and its memory for memory of the kernel's.
  private static func text(
    _ name: String,
    _ allocator: String,
    before function: String,
    insteadOf call: String
  ) throws -> String {
    let path = "\(RuleCaseTests.rules)/\(rule)/\(name)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains(function) && text.contains(call))
    return text.replacing(call, with: "own_memory(8)")
      .replacing(function, with: allocator + "\n" + function)
  }

  private static func failures(_ cases: [String: String]) throws -> [RuleCases.Failure] {
    let library = try RuleLibrary(directory: RuleCaseTests.rules)
    var entry = try #require(library.entries.first { $0.rule.id == rule })
    entry.cases = cases
    return try RuleCases(entry, in: library).failures().filter { cases[$0.name] != nil }
  }

  static let clearing = [
    "static void *own_memory(size_t n)\n{\n\treturn kzalloc(n, GFP_KERNEL);\n}\n",
    "static void *own_memory(size_t n)\n{\n\tvoid *p = kzalloc(n, GFP_KERNEL);\n\n\treturn p;\n}\n",
    // Macros that ask the same function for zeros.
    "static void *own_memory(size_t n)\n{\n\treturn kvcalloc(1, n, GFP_KERNEL);\n}\n",
    "static void *own_memory(size_t n)\n{\n\tgfp_t f = n ? GFP_KERNEL : 0;\n\n\treturn kmalloc(n, f | 0x100u);\n}\n",
    // What goes through one of its own.
    "static void *own_alloc(size_t n)\n{\n\treturn kcalloc(1, n, GFP_KERNEL);\n}\n\n"
      + "static void *own_memory(size_t n)\n{\n\treturn own_alloc(n);\n}\n",
    // Told to by the last argument, in a function that is called like an allocator.
    "static void *own_alloc(size_t n)\n{\n\treturn kmalloc(n, GFP_KERNEL | 0x100u);\n}\n\n"
      + "static void *own_memory(size_t n)\n{\n\treturn own_alloc(n);\n}\n",
    // No allocator at all: where the struct came from is seen where it was made.
    "void *own_find(size_t n);\n\nstatic void *own_memory(size_t n)\n{\n\treturn own_find(n);\n}\n",
  ]

  @Test(arguments: clearing)
  func whatIsClearedIsConverted(_ allocator: String) throws {
    var cases: [String: String] = [:]
    for name in ["before.c", "after.c"] {
      cases[name] = try Self.text(
        name,
        allocator,
        before: "struct avocet_window *avocet_open(",
        insteadOf: "kzalloc(sizeof(*win), GFP_KERNEL)"
      )
    }
    let failures = try Self.failures(cases)
    #expect(failures.isEmpty, "\(failures)")
  }

  static let leaving = [
    (
      "static void *own_memory(size_t n)\n{\n\tvoid *p;\n\n\tp = kmalloc(n, GFP_KERNEL);\n"
        + "\treturn p;\n}\n",
      "line 16 allocates struct ruff_map without clearing it"
    ),
    (
      "static void *own_alloc(size_t n)\n{\n\treturn kmalloc(n, GFP_KERNEL);\n}\n\n"
        + "static void *own_memory(size_t n)\n{\n\treturn own_alloc(n);\n}\n",
      "line 14 allocates struct ruff_map without clearing it"
    ),
    // A number, and a node, with the bit that asks for zeros.
    (
      "static void *own_memory(size_t n)\n{\n"
        + "\treturn kvmalloc_array_node_noprof(256, n, GFP_KERNEL, -1);\n}\n",
      "line 14 allocates struct ruff_map without clearing it"
    ),
    // A pool, whatever it is told, and a size that looks like the flag.
    (
      "void *mempool_alloc(void *pool, gfp_t f);\n\nstatic void *own_memory(size_t n)\n"
        + "{\n\treturn mempool_alloc(NULL, 0x100u);\n}\n",
      "line 16 allocates struct ruff_map without clearing it"
    ),
    (
      "void *vmalloc(u32 size);\n\nstatic void *own_memory(size_t n)\n"
        + "{\n\treturn vmalloc(256u);\n}\n",
      "line 16 allocates struct ruff_map without clearing it"
    ),
    // Memory of another type.
    (
      "static char *own_bytes(size_t n)\n{\n\treturn kmalloc(n, GFP_KERNEL);\n}\n\n"
        + "static void *own_memory(size_t n)\n{\n\treturn own_bytes(n);\n}\n",
      "line 14 allocates struct ruff_map without clearing it"
    ),
    // More deeply than is looked.
    (
      "static void *own_5(size_t n)\n{\n\treturn kzalloc(n, GFP_KERNEL);\n}\n\n"
        + "static void *own_4(size_t n)\n{\n\treturn own_5(n);\n}\n\n"
        + "static void *own_3(size_t n)\n{\n\treturn own_4(n);\n}\n\n"
        + "static void *own_2(size_t n)\n{\n\treturn own_3(n);\n}\n\n"
        + "static void *own_memory(size_t n)\n{\n\treturn own_2(n);\n}\n",
      "gets struct ruff_map from own_5(), which is not known to clear it"
    ),
    // Round in a circle, and from nowhere that is known.
    (
      "static void *own_alloc(size_t n);\n\nstatic void *own_memory(size_t n)\n"
        + "{\n\treturn own_alloc(n);\n}\n\nstatic void *own_alloc(size_t n)\n"
        + "{\n\treturn own_memory(n);\n}\n",
      "gets struct ruff_map from own_alloc(), which is not known to clear it"
    ),
  ]

  @Test(arguments: leaving)
  func whatIsNotClearedIsLeftAlone(_ allocator: String, _ reason: String) throws {
    let text = try Self.text(
      "keep-memory-not-cleared.c",
      allocator,
      before: "struct ruff_map *ruff_new",
      insteadOf: "kmalloc(sizeof(*map), GFP_KERNEL)"
    )
    let refused = text.replacing("allocates struct ruff_map without clearing it", with: reason)
    let failures = try Self.failures(["keep-memory-not-cleared.c": refused])
    #expect(failures.isEmpty, "\(failures)")
  }

  /// Handed on by a function that makes none, and so looked for in what it is told.
  @Test func whatIsHandedThroughIsLeftAlone() throws {
    let text = try Self.text(
      "keep-memory-not-cleared.c",
      "static void *own_memory(void *p)\n{\n\treturn p;\n}\n",
      before: "struct ruff_map *ruff_new",
      insteadOf: "kmalloc(sizeof(*map), GFP_KERNEL)"
    ).replacing("own_memory(8)", with: "own_memory(kmalloc(8, GFP_KERNEL))")
    let failures = try Self.failures(["keep-memory-not-cleared.c": text])
    #expect(failures.isEmpty, "\(failures)")
  }
}
