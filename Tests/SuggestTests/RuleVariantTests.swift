// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Rules
import Suggest
import Testing

/// Cases of the program's rules with a part written otherwise.
@Suite struct RuleVariantTests {
  struct Change: Sendable {
    var old: String
    var new: String
  }

  static func text(
    of rule: String,
    _ name: String,
    _ changes: [Change]
  ) throws -> String {
    var text = try String(
      contentsOfFile: "\(RuleCaseTests.rules)/\(rule)/\(name)",
      encoding: .utf8
    )
    for change in changes {
      #expect(text.contains(change.old), "\(name) has no '\(change.old)'")
      text = text.replacing(change.old, with: change.new)
    }
    return text
  }

  static func failures(
    of rule: String,
    adding files: [String: String],
    headers: [String: String] = [:]
  ) throws -> [RuleCases.Failure] {
    // The rule's other cases go as they say, see RuleCaseTests; a rule needs one that it leaves alone.
    var texts = RuleFolderTests.texts
    let kept = texts.keys.filter { $0.hasPrefix("\(rule)/keep-") }.sorted()
    for name in kept.dropFirst() { texts[name] = nil }
    for (name, text) in files { texts["\(rule)/\(name)"] = text }
    texts.merge(headers) { $1 }
    let library = try RuleLibrary(files: texts, origin: "rules")
    let entry = try #require(library.entries.first { $0.rule.id == rule })
    return try RuleCases(entry, in: library).failures()
  }

  static let tables = "sgtable-from-pages"

  private static func lock(_ declaration: String, _ lock: String) -> [Change] {
    [
      Change(old: "#define BRANT_MOST", new: "\(declaration)\n#define BRANT_MOST"),
      Change(old: "\tret = dma_map_sgtable(", new: "\t\(lock);\n\tret = dma_map_sgtable("),
    ]
  }

  private static func member(_ text: String) -> [Change] {
    [Change(old: "\tstruct sg_append_table table;", new: text)]
  }

  static let locked = "maps the table where it may not sleep"
  static let unknown = "uses table in a way that the rule does not know"
  static let commented = "a comment on struct brant_image says what table is"

  static let leftAlone: [(rule: String, name: String, changes: [Change], reason: String)] = [
    (tables, "before.c", lock("#define preempt_disable()", "preempt_disable()"), locked),
    (
      tables, "before.c",
      lock("void arch_local_irq_disable(void);\n#define off\tarch_local_irq_disable()", "off"),
      locked
    ),
    (
      tables, "before.c",
      lock("void __preempt_count_add(int n);\n#define off\t__preempt_count_add(1)", "off"),
      locked
    ),
    (
      tables, "before.c",
      lock("int spin_trylock(void *lock);", "if (!spin_trylock(image))\n\t\treturn -EIO"), locked
    ),
    (
      tables, "before.c",
      lock("void bit_spin_lock(int bit, void *word);", "bit_spin_lock(0, image)"), locked
    ),
    (
      tables, "before.c",
      lock("void *class_spinlock_constructor(void *lock);", "class_spinlock_constructor(image)"),
      locked
    ),
    (tables, "before.c", member("\tstruct sg_append_table table; /* the data */"), commented),
    (tables, "before.c", member("\tstruct sg_append_table table; // the data"), commented),
    (tables, "before.c", member("\t// the data\n\tstruct sg_append_table table;"), commented),
    (
      tables, "before.c", member("\tstruct sg_append_table table; int more;"),
      "struct brant_image has more than a member on line 10"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "struct brant_image *brant_image_make(",
          new: """
            int brant_image_fill(struct brant_image *image, unsigned int count)
            {
            \tint ret = brant_add(image, count);

            \treturn ret ? ret : brant_map(image);
            }

            struct brant_image *brant_image_make(
            """
        )
      ],
      "brant_image_fill() and brant_image_make() each build the table and map it"
    ),
    (
      tables, "before.c",
      [Change(old: "\t\tposition += entry->length;", new: "\t\tposition += PAGE_SIZE;")], unknown
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "\tunsigned long last_start;",
          new: "\tunsigned int last_start;"
        )
      ], unknown
    ),
    (
      tables, "before.c",
      [Change(old: "\tint i;", new: "\tunsigned char i;")], unknown
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "brant_page(struct brant_image *image, unsigned long offset)",
          new: "brant_page(struct brant_image *image, long offset)"
        )
      ], unknown
    ),
    (
      tables, "before.c",
      [Change(old: "(offset - position) /", new: "(unsigned int)(offset - position) /")],
      "cuts off a number"
    ),
    (
      tables, "before.c",
      [Change(old: "\tint i;\n", new: "\tint i, more;\n")],
      "brant_page_slowly() has more for something else"
    ),
    (
      tables, "before.c",
      [
        Change(old: "#define BRANT_MOST", new: "#define TRACE(what)\n#define BRANT_MOST"),
        Change(
          old: "\tposition = image->last_start;",
          new: "\tTRACE(offset)\n\tposition = image->last_start;"
        ),
      ],
      "TRACE() in brant_page() does nothing that can be seen"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "\tposition = image->last_start;\n",
          new:
            "#ifdef BRANT_DEBUG\n\tprintk(\"%lu\", offset);\n#endif\n\tposition = image->last_start;\n"
        )
      ],
      "brant_page() depends on the configuration"
    ),
    (
      tables, "before.c",
      [Change(old: "from the start of the image", new: "from the first entry of the table")],
      "the comment on brant_page() speaks of entry"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "\tunsigned long last_start;\n",
          new: "\tunsigned long last_start;\n\tint more;\n"
        )
      ],
      "has a comment on more than what would be gone"
    ),
    (
      tables, "before.c",
      [Change(old: "\tunsigned long last_start;\n", new: "\tunsigned long last_start, more;\n")],
      "struct brant_image has more than a member on line"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "/* The pages in",
          new: "static struct brant_image none = { NULL, { { NULL } }, 1 };\n\n/* The pages in"
        )
      ],
      "lists members of struct brant_image by their order"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "/* The pages in",
          new: "static struct brant_image none __attribute__((aligned(8))) = "
            + "{ NULL, { { NULL } }, 1 };\n\n/* The pages in"
        )
      ],
      "lists members of struct brant_image by their order"
    ),
    (
      tables, "before.c",
      [
        Change(old: "static int brant_add(", new: "int brant_add(")
      ],
      "brant_add() builds the table, and not only on the way to brant_image_make()"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "/* The pages in",
          new: "static struct brant_image none = {}, more = { NULL, { { NULL } }, 1 };\n\n"
            + "/* The pages in"
        )
      ],
      "lists members of struct brant_image by their order"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "/* The pages in",
          new: "static struct brant_image *some =\n"
            + "\t(struct brant_image[3]) { { NULL, { { NULL } }, 1 } };\n\n/* The pages in"
        )
      ],
      "lists members of struct brant_image by their order"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "struct brant_image *brant_image_make(",
          new: """
            struct brant_operations {
            \tint (*add)(struct brant_image *image, unsigned int count);
            };

            const struct brant_operations brant_operations = { .add = brant_add };

            struct brant_image *brant_image_make(
            """
        )
      ],
      "brant_add() builds the table, and not only on the way to brant_image_make()"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "struct brant_image *brant_image_make(",
          new: """
            /* What is added is mapped by the next image that is made of it. */
            int brant_image_grow(struct brant_image *image, unsigned int count)
            {
            \treturn brant_add(image, count);
            }

            struct brant_image *brant_image_make(
            """
        )
      ],
      "brant_image_grow() builds the table, and not only on the way to brant_image_make()"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "struct brant_image *brant_image_make(",
          new: """
            unsigned long brant_progress(const struct brant_image *image)
            {
            \treturn image->last_start;
            }

            struct brant_image *brant_image_make(
            """
        )
      ],
      "uses last_start in a way that the rule does not know"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "/* The page at an offset from the start of the image; NULL behind its end. */",
          new: """
            /*
             * The page at an offset from the first entry of the table;
             * NULL behind its end.
             */
            """
        )
      ],
      "the comment on brant_page() speaks of entry"
    ),
    (
      tables, "before.c",
      [
        Change(
          old: "\tunsigned long last_start;\n",
          new: "\tunsigned long last_start; /* a */ int more; /* b */\n"
        )
      ],
      "struct brant_image has more than a member on line"
    ),
    (
      "hmm-mirror", "keep-memory-not-cleared.c",
      [Change(old: "\tunsigned long *pfns;", new: "\tstruct {\n\t\tunsigned long *pfns;\n\t};")],
      "pfns is in a struct or union within struct ruff_map"
    ),
    (
      "hmm-mirror", "keep-memory-not-cleared.c",
      [
        Change(
          old: "struct ruff_map *ruff_new",
          new: "void *pool_alloc(void);\n\nstruct ruff_map *ruff_new"
        ),
        Change(old: "kmalloc(sizeof(*map), GFP_KERNEL)", new: "pool_alloc()"),
      ],
      "gets struct ruff_map from pool_alloc(), which is not known to clear it"
    ),
    (
      "hmm-mirror", "keep-memory-not-cleared.c",
      [
        Change(
          old: "\tstruct ruff_map *map = kmalloc(sizeof(*map), GFP_KERNEL);",
          new: "\tvoid *memory = kmalloc(sizeof(struct ruff_map), GFP_KERNEL);\n"
            + "\tstruct ruff_map *map = memory;"
        )
      ],
      "allocates struct ruff_map without clearing it"
    ),
    (
      "page-array-loop", "keep-not-cleared.c",
      [
        Change(
          old: "*stint_alloc(void)",
          new: "*stint_alloc(bool cleared)"
        ),
        Change(
          old: " = kmalloc(sizeof(*buf), GFP_KERNEL);\n",
          new: ";\n\n\tbuf = cleared ? kzalloc(sizeof(*buf), GFP_KERNEL)"
            + " : kmalloc(sizeof(*buf), GFP_KERNEL);"
        ),
      ],
      "allocates struct stint_buffer without clearing it"
    ),
  ]

  @Test(arguments: leftAlone)
  func aVariantIsLeftAloneForTheReasonThatIsTrue(
    _ rule: String,
    _ name: String,
    _ changes: [Change],
    _ reason: String
  ) throws {
    let text = try Self.text(of: rule, name, changes)
    let end = try #require(text.firstIndex(of: "\n"))
    let refused = "\(text[...end])// refused: \(reason)\(text[end...])"
    let failures = try Self.failures(of: rule, adding: ["keep-variant.c": refused])
    #expect(failures.isEmpty, "\(failures)")
  }

  static let converted: [[Change]] = [
    // The line above the first function that changes ends in another line's comment.
    [Change(old: "u32 key);\n\nstatic int", new: "u32 key); /* never fails */\nstatic int")],
    // Neither a lock nor a member of that name.
    [
      Change(
        old: "#define BRANT_MOST",
        new: "void spin_lock_init(void *lock);\n#define BRANT_MOST"
      ),
      Change(old: "\timage->dev = dev;", new: "\timage->dev = dev;\n\tspin_lock_init(image);"),
    ],
    [
      Change(
        old: "/* The pages in",
        new: """
          bool brant_is_more(unsigned int count, unsigned int table)
          {
          \treturn count > table;
          }

          /* The pages in
          """
      )
    ],
    // What the functions begin with is behind the underscores of the one that maps.
    [Change(old: "brant_map(", new: "__brant_map(")],
  ]

  @Test(arguments: converted)
  func aVariantIsConvertedAsTheCaseIs(_ changes: [Change]) throws {
    var files: [String: String] = [:]
    for name in ["before.c", "after.c"] {
      files[name] = try Self.text(of: Self.tables, name, changes)
    }
    let failures = try Self.failures(of: Self.tables, adding: files)
    #expect(failures.isEmpty, "\(failures)")
  }

  static let comments = [
    "/* Where the last page was; see brant_page(). */",
    "/*\n\t * Where the last page was;\n\t * see brant_page().\n\t */",
  ]

  @Test(arguments: comments)
  func aCommentWithASemicolonGoesWithItsMember(_ comment: String) throws {
    let change = Change(
      old: "/* Where the page was that brant_page() has found last. */",
      new: comment
    )
    let before = try Self.text(of: Self.tables, "before.c", [change])
    let failures = try Self.failures(of: Self.tables, adding: ["before.c": before])
    #expect(failures.isEmpty, "\(failures)")
  }
}
