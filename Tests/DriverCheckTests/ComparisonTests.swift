// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Testing

/// Two versions of one function, and what is said of them.
@Suite struct ComparisonTests {
  private static let head = """
    #include "kernel.h"
    struct buf { struct device *dev; struct page *page; dma_addr_t dma; u32 count; void *copy; };
    int announce(struct buf *b, u32 count);

    """

  private func verdict(_ before: String, _ after: String) throws -> BehaviourComparison.Verdict {
    let path = Fixture.directory + "/compared.c"
    let comparer = BehaviourComparer(
      before: try Fixture.facts(path, text: Self.head + before),
      after: try Fixture.facts(path, text: Self.head + after)
    )
    return comparer.compare("f").verdict
  }

  private func difference(_ before: String, _ after: String) throws -> String {
    guard case .differs(let difference) = try verdict(before, after) else { return "" }
    return difference.message + " | " + difference.deviations.joined(separator: ", ")
  }

  private static let plain = """
    int f(struct buf *b)
    {
      b->dma = dma_map_page(b->dev, b->page, 0, PAGE_SIZE, DMA_TO_DEVICE);
      if (dma_mapping_error(b->dev, b->dma))
        return -EIO;
      return announce(b, b->count);
    }
    """

  @Test func theSameInOtherWordsIsTheSame() throws {
    let other = """
      static bool bad(struct device *dev, dma_addr_t dma) { return dma_mapping_error(dev, dma); }
      int f(struct buf *b)
      {
        struct device *dev = b->dev;
        dma_addr_t dma = dma_map_page(dev, b->page, 0, 4096, DMA_TO_DEVICE);

        b->dma = dma;
        if (!bad(dev, dma))
          return announce(b, b->count);
        return -5;
      }
      """
    #expect(try verdict(Self.plain, other) == .same)
  }

  @Test func allocationOrderMakesNoDifference() throws {
    let first = """
      int f(struct buf *b)
      {
        void *one = kmalloc(8, GFP_KERNEL), *two = kmalloc(16, GFP_KERNEL);
        kfree(one);
        b->copy = two;
        return two ? 0 : -ENOMEM;
      }
      """
    let second = """
      int f(struct buf *b)
      {
        b->copy = kmalloc(16, GFP_KERNEL);
        return b->copy ? 0 : -ENOMEM;
      }
      """
    // The failing call has another number on the other side, so only the ordinary run is the same.
    guard case .differs(let difference) = try verdict(first, second) else {
      Issue.record("the second kmalloc() is gone, and so is its failure")
      return
    }
    #expect(difference.deviations == ["kmalloc #1"])
  }

  @Test func aSkippedStoreIsSeen() throws {
    let text = try difference(
      Self.plain,
      Self.plain.replacing("b->dma = dma_map", with: "dma_addr_t dma = dma_map").replacing(
        "b->dev, b->dma)",
        with: "b->dev, dma)"
      )
    )
    #expect(text.contains("no longer written"), "\(text)")
  }

  @Test func anOtherResultOnAFailingPathIsSeenWithItsFault() throws {
    let text = try difference(Self.plain, Self.plain.replacing("-EIO", with: "-ENOMEM"))
    #expect(text == "it returns -12 where it returned -5 | dma_map_page #1")
  }

  @Test func anOtherArgumentIsSeen() throws {
    let text = try difference(Self.plain, Self.plain.replacing("b->count)", with: "b->count + 1)"))
    #expect(text.hasPrefix("argument 2 of announce() is"), "\(text)")
  }

  @Test func otherParametersAreNotCompared() throws {
    let verdict = try verdict(Self.plain, "int f(struct buf *b, int more) { return more; }")
    #expect(verdict == .unknown("its parameters are others"))
  }

  /// The same struct with a member more in front, one less, and bit-fields elsewhere.
  private static let otherHead = """
    #include "kernel.h"
    struct buf { u32 extra; struct device *dev; dma_addr_t dma; struct page *page; u32 count; };
    struct ring { u64 more; struct buf buf; unsigned int gone:1, mapped:1, full:1; void *owner; };
    int announce(struct buf *b, u32 count);

    """
  private static let ringHead = """
    #include "kernel.h"
    struct buf { struct device *dev; struct page *page; dma_addr_t dma; u32 count; void *copy; };
    struct ring { struct buf buf; void *owner; unsigned int mapped:1, full:1; };
    int announce(struct buf *b, u32 count);

    """

  private func moved(_ before: String, _ after: String) throws -> BehaviourComparison.Verdict {
    let path = Fixture.directory + "/compared.c"
    return BehaviourComparer(
      before: try Fixture.facts(path, text: Self.ringHead + before),
      after: try Fixture.facts(path, text: Self.otherHead + after)
    ).compare("f").verdict
  }

  private static let ring = """
    int f(struct ring *r, struct page *page)
    {
      struct buf *b = &r->buf;
      struct ring *other = kzalloc(sizeof(*other), GFP_KERNEL);

      if (!other)
        return -ENOMEM;
      other->mapped = r->full;
      other->buf.count = 7;
      r->owner = other;
      b->page = page;
      b->dma = dma_map_page(b->dev, b->page, 0, PAGE_SIZE, DMA_TO_DEVICE);
      if (dma_mapping_error(b->dev, b->dma)) {
        r->owner = NULL;
        kfree(other);
        return -EIO;
      }
      r->mapped = 1;
      return announce(b, b->count);
    }
    """

  @Test func membersThatMoveAreTheSame() throws {
    #expect(try moved(Self.ring, Self.ring) == .same)
  }

  @Test(arguments: [
    ("r->mapped = 1;", "r->mapped = 0;", "mapped of "),
    ("other->buf.count = 7;", "other->buf.count = 8;", "buf.count of "),
    ("b->page = page;", "", "buf."),
    ("announce(b, ", "announce((struct buf *)&r->owner, ", "argument 1 of announce() is a pointer"),
  ])
  func differencesOfMembersThatMoveAreSeen(_ text: String, _ other: String, _ part: String) throws {
    let verdict = try moved(Self.ring, Self.ring.replacing(text, with: other))
    guard case .differs(let difference) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(difference.message.contains(part), "\(difference.message)")
  }

  /// A `void *` leads to it, and its first member, a struct that has changed as well, is read first.
  @Test func membersOfWhatAPointerToAnythingLeadsToMoveAsWell() throws {
    let text =
      Self.ring.replacing("int f(", with: "static int g(").replacing(
        "  other->mapped = r->full;",
        with: "  if (!b->dev || r->owner == page)\n    return -EINVAL;\n  other->mapped = r->full;"
      ) + "\nint f(void *data, struct page *page) { return g(data, page); }"
    #expect(text.contains("r->owner == page"))
    #expect(try moved(text, text) == .same)
  }

  // MARK: Callers

  private static let helper = """
    static int f(struct buf *b)
    {
      if (b->count == 9)
        return -EIO;
      return announce(b, b->count);
    }

    """
  private static let opener = """
    int open(struct device *dev, struct page *page, int access)
    {
      struct buf *b;
      int ret;

      if (!(access & 64))
        return -EINVAL;
      b = kzalloc(sizeof(*b), GFP_KERNEL);
      if (!b)
        return -ENOMEM;
      b->dev = dev;
      b->page = page;
      b->count = 1;
      ret = f(b);
      kfree(b);
      return ret;
    }

    """

  private func compared(_ callers: String, isStatic: Bool = true) throws -> BehaviourComparison {
    let path = Fixture.directory + "/compared.c"
    let before = isStatic ? Self.helper : String(Self.helper.dropFirst("static ".count))
    let after = before.replacing("== 9", with: "== 12")
    return BehaviourComparer(
      before: try Fixture.facts(path, text: Self.head + before + callers),
      after: try Fixture.facts(path, text: Self.head + after + callers)
    ).compare("f")
  }

  @Test func whatNoCallerPassesIsTold() throws {
    let comparison = try compared(Self.opener)
    guard case .differs(let difference) = comparison.verdict else {
      Issue.record("\(comparison.verdict)")
      return
    }
    #expect(["buf.count = 9", "buf.count = 12"].contains(difference.deviations.first))
    #expect(comparison.indifferentCallers == ["open"])
  }

  private static let table = "struct ops { int (*fill)(struct buf *b); };"

  private static let seeing: [String] = [
    // Passes on what it is given.
    "\(opener) int again(struct buf *b) { return f(b); }",
    // The same, and compares with smaller numbers than the one that shows it.
    """
    int again(struct buf *b, int access)
    {
      switch (access) {
      case 0: case 1: case 2: case 3: case 4: case 5:
        return f(b);
      }
      return -EINVAL;
    }
    """,
    // Calls it where no run comes.
    "int never(struct buf *b) { return 0 ? f(b) : 0; }",
    // Others call it through a table.
    "\(opener) \(table) struct ops ops = { .fill = f };",
    """
    \(opener) \(table) struct ops all[] = { { .fill = f } };
    int fills(int access) { return all[access & 0].fill != NULL; }
    """,
    "\(opener) \(table) struct set { int id; struct ops o; } set = { .o = { .fill = f } };",
    """
    \(opener) \(table) void keep(struct ops *ops);
    int hand(void) { static struct ops own[] = { { f } }; keep(own); return 0; }
    """,
    // Others call it through a pointer that is handed to them.
    "\(opener) void keep(int (*fill)(struct buf *b)); int hand(void) { keep(f); return 0; }",
  ]

  @Test(arguments: seeing)
  func aDifferenceThatOthersMaySeeStays(_ callers: String) throws {
    let comparison = try compared(callers)
    guard case .differs = comparison.verdict else {
      Issue.record("\(comparison.verdict)")
      return
    }
    #expect(comparison.indifferentCallers.isEmpty)
  }

  @Test func aDifferenceOfAnExportedFunctionStays() throws {
    #expect(try compared(Self.opener, isStatic: false).indifferentCallers.isEmpty)
    #expect(try compared("").indifferentCallers.isEmpty)
  }
}
