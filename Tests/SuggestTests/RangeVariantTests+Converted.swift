// SPDX-License-Identifier: GPL-2.0-only

import Suggest
import Testing

extension RangeVariantTests {
  // MARK: A struct of a header

  static let record = """
    struct siskin_map {
    \tstruct device *dev;
    \tunsigned long *pfns;
    \tdma_addr_t *addrs;
    \tunsigned long start;
    \tunsigned int shift;
    };

    """
  static let shared = Change(old: record, new: "#include \"../siskin.h\"\n")
  static let othersMake = "other files may make struct siskin_map of"
  static let initializes =
    "siskin_init(struct siskin_map *map, u32 count, unsigned int shift)"

  static func starter(_ map: String) -> Change {
    function(
      """
      struct siskin_map *siskin_find(u32 id);

      int siskin_start(struct device *dev, u32 id, u32 count)
      {
      \tstruct siskin_map *map = \(map);

      \tif (!map)
      \t\treturn -ENOMEM;
      \tmap->dev = dev;
      \treturn siskin_init(map, count, 0);
      }
      """
    )
  }

  static let leftToOthers: [Variant] = [
    Variant(othersMake, shared),
    Variant(
      othersMake,
      shared,
      Change(
        old: "int \(initializes)\n{\n",
        new: "struct siskin_map *siskin_find(u32 id);\n\nint siskin_init(u32 id, u32 count)\n{\n"
      ),
      Change(
        old: allocation,
        new: """
          \tsiskin_find(id)->addrs = kvcalloc(count, sizeof(dma_addr_t), GFP_KERNEL);
          \tif (!siskin_find(id)->addrs)
          \t\treturn -ENOMEM;

          """
      )
    ),
    Variant(
      "siskin_start() does not make struct siskin_map itself",
      shared,
      Change(old: "int \(initializes)", new: "static int \(initializes)"),
      starter("siskin_find(id)")
    ),
  ]

  @Test(arguments: leftToOthers)
  func aStructThatOtherFilesMayMakeIsLeftAlone(_ variant: Variant) throws {
    try Self.expectLeftAlone(variant, headers: ["siskin.h": Self.record])
  }

  // MARK: What is converted

  static let converted: [[Change]] = [
    [],
    copied(""),
    // The device of another struct.
    [maker(before: "\tmap->dev = dev;\n\tmap->shift = 21;", after: "\tpeer->dev = dev;")],
    [shared, maker(before: "\tmap->dev = dev;\n\tmap->shift = 21;")],
    [
      shared,
      Change(old: "int \(initializes)", new: "static int \(initializes)"),
      starter("kzalloc(sizeof(*map), GFP_KERNEL)"),
    ],
  ]

  @Test(arguments: converted)
  func aMirrorWithoutWhatForbidsItIsConverted(_ changes: [Change]) throws {
    let failures = try RuleVariantTests.failures(
      of: Self.rule,
      adding: ["keep-variant.c": try Self.text(changes)],
      headers: ["siskin.h": Self.record]
    )
    #expect(failures.map(\.reason) == ["is changed"])
  }

  // MARK: How many bytes

  /// What changes before the rule, and what changes after it.
  static let counted: [(before: [Change], after: [Change])] = [
    (
      [
        Change(old: "u32 entries, unsigned int flags", new: "u64 entries, unsigned int flags"),
        Change(old: "m->addrs = kvcalloc(entries,", new: "m->addrs = kvcalloc((u32)entries,"),
      ],
      [
        Change(old: "\tif (entries)\n", new: "\tif ((u32)entries)\n"),
        Change(
          old: "(size_t)entries << m->shift)",
          new: "(size_t)((u32)entries) << m->shift)"
        ),
      ]
    ),
    // The count is another one than what was tested.
    (
      [
        Change(
          old: "\t\treturn -EINVAL;\n\n\tpages->dma_list",
          new: "\t\treturn -EINVAL;\n\tentries >>= 1;\n\n\tpages->dma_list"
        )
      ],
      [
        Change(
          old: "\tif (!ib_uses_virt_dma(pages->memory.ibdev))",
          new: "\tif (entries && !ib_uses_virt_dma(pages->memory.ibdev))"
        )
      ]
    ),
  ]

  @Test(arguments: counted)
  func theRangeIsAsLongAsItsEntries(_ before: [Change], _ after: [Change]) throws {
    let failures = try RuleVariantTests.failures(
      of: Self.rule,
      adding: [
        "before.c": try RuleVariantTests.text(of: Self.rule, "before.c", before),
        "after.c": try RuleVariantTests.text(of: Self.rule, "after.c", before + after),
      ]
    )
    #expect(failures.isEmpty, "\(failures)")
  }
}
