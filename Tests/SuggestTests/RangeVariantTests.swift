// SPDX-License-Identifier: GPL-2.0-only

import Testing

/// A mirror that rule mirror-range converts, with one thing that forbids it, or may seem to.
@Suite struct RangeVariantTests {
  typealias Change = RuleVariantTests.Change

  struct Variant: Sendable {
    var reason: String
    var changes: [Change]

    init(_ reason: String, _ changes: Change...) {
      self.init(reason, changes: changes)
    }

    init(_ reason: String, changes: [Change]) {
      (self.reason, self.changes) = (reason, changes)
    }
  }

  static let rule = "mirror-range"
  static let name = "keep-direction.c"
  static let convertible = Change(old: "DMA_TO_DEVICE", new: "DMA_BIDIRECTIONAL")

  static func text(_ changes: [Change]) throws -> String {
    try RuleVariantTests.text(of: rule, name, [convertible] + changes)
  }

  static func function(_ text: String) -> Change {
    Change(old: "void siskin_exit(", new: "\(text)\n\nvoid siskin_exit(")
  }

  static func member(_ text: String) -> Change {
    Change(old: "\tunsigned int shift;\n}", new: "\tunsigned int shift;\n\t\(text)\n}")
  }

  static let allocation = """
    \tmap->addrs = kvcalloc(count, sizeof(*map->addrs), GFP_KERNEL);
    \tif (!map->addrs)
    \t\treturn -ENOMEM;

    """

  /// Instead of what makes the array for others: makes its struct as well.
  static func maker(before: String, after: String = "") -> Change {
    Change(
      old: """
        int siskin_init(struct siskin_map *map, u32 count, unsigned int shift)
        {
        \(allocation)\treturn 0;
        }
        """,
      new: """
        struct siskin_peer {
        \tstruct device *dev;
        };

        int siskin_make(struct device *dev, struct siskin_peer *peer, u32 count,
        \t\tstruct siskin_map **made)
        {
        \tstruct siskin_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

        \tif (!map)
        \t\treturn -ENOMEM;
        \(before)
        \(allocation)\(after)
        \t*made = map;
        \treturn 0;
        }
        """
    )
  }

  static func unmap(loading index: String, then change: String) -> Change {
    Change(
      old: "\tdma_unmap_page(map->dev, map->addrs[i],",
      new: """
        \tdma_addr_t addr = map->addrs[\(index)];

        \t\(change)
        \tdma_unmap_page(map->dev, addr,
        """
    )
  }

  /// The address is in a variable before it is in the array.
  static func copied(_ text: String) -> [Change] {
    [
      Change(
        old: "\tstruct hmm_range range",
        new: "\tdma_addr_t addr;\n\tstruct hmm_range range"
      ),
      Change(old: "\tmap->addrs[i] = dma_map_page(", new: "\taddr = dma_map_page("),
      Change(old: "(map->dev, map->addrs[i]))", new: "(map->dev, addr))"),
      Change(
        old: "\t\treturn -EIO;\n",
        new: "\t\treturn -EIO;\n\(text)\tmap->addrs[i] = addr;\n"
      ),
    ]
  }

  static let unknownUnmap = "nothing that the rule knows unmaps the entries of addrs"
  static let secondSize = "siskin_drop() has another size or device than siskin_fault()"
  static let inAnother = "addrs is in a struct or union within another"
  static let hasRange = "struct siskin_map has an IOVA range already"
  static let setsEntry = "sets an entry of addrs"
  static let otherName = "gives addrs another name"
  static let mayBeOne = "calls dma_unmap_page_attrs() for an address that may be one of addrs"
  static let setsSize = "may set shift while entries are mapped"
  static let otherDevice = "is not found beside the addresses"

  static let leftAlone: [Variant] = [
    // The array and its entries.
    Variant(
      "sets addrs",
      Change(old: "\tkvfree(map->addrs);", new: "\tkvfree(map->addrs);\n\tmap->addrs = NULL;")
    ),
    Variant(
      setsEntry,
      function(
        """
        void siskin_move(struct siskin_map *map, u32 from, u32 to)
        {
        \tmap->addrs[to] = map->addrs[from];
        }
        """
      )
    ),
    Variant(
      setsEntry,
      function(
        """
        void siskin_skip(struct siskin_map *map, u32 i)
        {
        \tmap->addrs[i] += PAGE_SIZE;
        }
        """
      )
    ),
    Variant(
      setsEntry,
      function(
        """
        void siskin_skip(struct siskin_map *map, u32 i)
        {
        \tmap->addrs[i] = map->addrs[i] + PAGE_SIZE;
        }
        """
      )
    ),
    Variant(
      otherName,
      function(
        """
        void siskin_set(struct siskin_map *map, u32 i)
        {
        \tdma_addr_t *list = map->addrs;

        \tlist[i] = 1;
        }
        """
      )
    ),
    Variant(
      otherName,
      member("dma_addr_t *list;"),
      function(
        """
        void siskin_list(struct siskin_map *map)
        {
        \tmap->list = map->addrs;
        }
        """
      )
    ),
    Variant(
      otherName,
      function(
        """
        dma_addr_t *siskin_list(struct siskin_map *map)
        {
        \treturn map->addrs;
        }
        """
      )
    ),
    Variant(
      otherName,
      function(
        """
        dma_addr_t *siskin_entry(struct siskin_map *map, u32 i)
        {
        \treturn &map->addrs[i];
        }
        """
      )
    ),
    Variant(
      otherName,
      function(
        """
        void siskin_next(struct siskin_map *map, u32 i)
        {
        \tdma_addr_t *addr = &map->addrs[i];

        \taddr[1] = 1;
        }
        """
      )
    ),
    Variant(
      "hands addrs to memcpy()",
      function(
        """
        void siskin_copy(struct siskin_map *map, const dma_addr_t *from)
        {
        \tmemcpy(map->addrs, from, sizeof(*from));
        }
        """
      )
    ),
    // Other calls.
    Variant(
      "calls dma_sync_single_for_cpu() for an address of addrs",
      function(
        """
        void siskin_look(struct siskin_map *map, u32 i)
        {
        \tdma_sync_single_for_cpu(map->dev, map->addrs[i], 1UL << map->shift,
        \t\t\t\tDMA_BIDIRECTIONAL);
        }
        """
      )
    ),
    Variant(
      mayBeOne,
      function(
        """
        static void siskin_one(struct device *dev, dma_addr_t addr)
        {
        \tdma_unmap_page(dev, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
        }

        void siskin_end(struct siskin_map *map)
        {
        \tsiskin_one(map->dev, map->addrs[0]);
        }
        """
      )
    ),
    // The device is an entry of an array as well, of another.
    Variant(
      mayBeOne,
      member("struct device **devs;"),
      function(
        """
        void siskin_end(struct siskin_map *map, u32 i, u32 last)
        {
        \tdma_addr_t addr = map->addrs[i];

        \ti = last;
        \tdma_unmap_page(map->devs[i], addr, 1UL << map->shift,
        \t\t       DMA_BIDIRECTIONAL);
        }
        """
      )
    ),
    // The ring's address may have come out of the array.
    Variant(
      "calls dma_unmap_single_attrs() for an address that may be one of addrs",
      member("dma_addr_t ring;"),
      Change(
        old: "\tkvfree(map->addrs);",
        new: "\tdma_unmap_single(map->dev, map->ring, PAGE_SIZE, DMA_TO_DEVICE);\n"
          + "\tkvfree(map->addrs);"
      )
    ),
    // The index is another one by then.
    Variant(unknownUnmap, unmap(loading: "i", then: "i += 2;")),
    Variant(
      unknownUnmap,
      member("u32 next;"),
      unmap(loading: "map->next", then: "map->next++;")
    ),
    Variant(
      "is kept in no array of a struct",
      changes: copied("\ti = map->shift;\n")
    ),
    // The places that the rule knows.
    Variant(
      unknownUnmap,
      Change(
        old: """
          \tdma_unmap_page(map->dev, map->addrs[i], 1UL << map->shift,
          \t\t       DMA_BIDIRECTIONAL);

          """,
        new: ""
      )
    ),
    Variant(
      "nothing that the rule knows frees addrs",
      Change(old: "\tkvfree(map->addrs);\n", new: "")
    ),
    Variant(
      "addrs is allocated in 0 places that the rule knows",
      Change(
        old: "kvcalloc(count, sizeof(*map->addrs), GFP_KERNEL)",
        new: "kmalloc(count * sizeof(*map->addrs), GFP_KERNEL)"
      )
    ),
    Variant(
      "addrs is allocated in 2 places that the rule knows",
      function(
        """
        int siskin_again(struct siskin_map *map, u32 count)
        {
        \(allocation)\treturn 0;
        }
        """
      )
    ),
    Variant(
      "no function of the file unmaps the entries and frees the array",
      Change(old: "\tsiskin_drop(map, 0);\n", new: "")
    ),
    Variant(
      "dev_private_owner stands for pages of the device's own",
      Change(
        old: "\tif (hmm_range_fault(",
        new: "\trange.dev_private_owner = map;\n\tif (hmm_range_fault("
      )
    ),
    // The size.
    Variant(
      "does not map 1 << a member of the struct that has addrs",
      Change(old: "1UL << map->shift, DMA", new: "PAGE_SIZE, DMA")
    ),
    Variant(
      secondSize,
      member("unsigned int order;"),
      Change(old: "map->addrs[i], 1UL << map->shift,", new: "map->addrs[i], 1UL << map->order,")
    ),
    Variant(
      setsSize,
      function(
        """
        struct siskin_map *siskin_find(u32 id);

        void siskin_resize(u32 id, unsigned int shift)
        {
        \tstruct siskin_map *map = siskin_find(id);

        \tmap->shift = shift;
        }
        """
      )
    ),
    Variant(
      "sets shift behind the allocation",
      maker(before: "\tmap->dev = dev;", after: "\tmap->shift = 21;")
    ),
    Variant(
      "sets shift behind the allocation",
      function(
        """
        int siskin_start(struct device *dev, u32 count)
        {
        \tstruct siskin_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

        \tif (!map)
        \t\treturn -ENOMEM;
        \tmap->dev = dev;
        \tif (siskin_init(map, count, 0))
        \t\treturn -ENOMEM;
        \tmap->shift = 21;
        \treturn 0;
        }
        """
      )
    ),
    Variant(
      setsSize,
      function("void siskin_double(struct siskin_map *map)\n{\n\tmap->shift++;\n}")
    ),
    Variant(
      setsSize,
      function(
        """
        void siskin_read(unsigned int *number);

        void siskin_resize(struct siskin_map *map)
        {
        \tsiskin_read(&map->shift);
        }
        """
      )
    ),
    // The device.
    Variant(
      secondSize,
      member("struct device *peer;"),
      Change(old: "dma_unmap_page(map->dev", new: "dma_unmap_page(map->peer")
    ),
    Variant(
      otherDevice,
      Change(old: "struct device *dev;", new: "struct device *devs[2];"),
      Change(old: "map->dev,", new: "map->devs[i],")
    ),
    Variant(
      otherDevice,
      member("struct device *peer;"),
      Change(old: "map->dev,", new: "map->dev ?: map->peer,")
    ),
    Variant(
      "sets the device behind the allocation",
      maker(before: "\tmap->shift = 21;", after: "\tmap->dev = dev;")
    ),
    Variant(
      "siskin_make() allocates addrs before there is a device",
      maker(before: "\tmap->shift = 21;")
    ),
    // The struct.
    Variant(
      inAnother,
      Change(
        old: "\tdma_addr_t *addrs;",
        new: "\tunion {\n\t\tdma_addr_t *addrs;\n\t\tvoid *none;\n\t};"
      )
    ),
    Variant(inAnother, Change(old: "struct siskin_map", new: "union siskin_map")),
    Variant(hasRange, member("struct dma_iova_state other;")),
    Variant(hasRange, member("struct hmm_dma_map other;")),
    Variant(
      "struct siskin_map has no name left for the state",
      member("int state, dma_state, dma_iova_state;")
    ),
    Variant(
      "allocates struct siskin_map without clearing it",
      function(
        """
        struct siskin_map *siskin_new(void)
        {
        \tstruct siskin_map *map = kmalloc(sizeof(*map), GFP_KERNEL);

        \treturn map;
        }
        """
      )
    ),
  ]

  @Test(arguments: leftAlone)
  func aMirrorIsLeftAloneForTheReasonThatIsTrue(_ variant: Variant) throws {
    try Self.expectLeftAlone(variant)
  }

  static func expectLeftAlone(
    _ variant: Variant,
    headers: [String: String] = [:]
  ) throws {
    let text = try text(variant.changes)
    let end = try #require(text.firstIndex(of: "\n"))
    let refused = "\(text[...end])// refused: \(variant.reason)\(text[end...])"
    let failures = try RuleVariantTests.failures(
      of: rule,
      adding: ["keep-variant.c": refused],
      headers: headers
    )
    #expect(failures.isEmpty, "\(failures)")
  }
}
