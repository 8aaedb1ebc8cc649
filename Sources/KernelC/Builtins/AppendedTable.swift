// SPDX-License-Identifier: GPL-2.0-only

/// `struct sg_append_table`: a table that grows by pieces, each a list of its own that the one before
/// leads on to (include/linux/scatterlist.h, lib/scatterlist.c).
struct AppendedTable {
  private let call: OutsideCall
  private let layout: ScatterlistLayout
  private let interpreter: Interpreter
  private let table: UInt64
  /// Where the last entry that is filled in is kept.
  private let last: UInt64

  init(_ call: OutsideCall) throws(ExecutionStop) {
    self.call = call
    layout = try ScatterlistLayout(call)
    interpreter = call.interpreter
    table = call[0]
    last = table &+ 16
  }

  /// `sg_alloc_append_table_from_pages()`
  func append() throws(ExecutionStop) -> UInt64 {
    let count = Int(clamping: call[2] & 0xffff_ffff)
    guard count > 0 else { return UInt64(bitPattern: -22) }
    let previous = interpreter.isInput(last, 8) ? 0 : try interpreter.load(last, 8)
    // One entry more, to lead on to the next piece.
    let list = try KernelBuiltins.allocate(
      call,
      UInt64((count + 1) * layout.size),
      isZeroed: true,
      isManaged: false,
      .heap
    )
    guard list != 0 else { return UInt64(bitPattern: -12) }
    try layout.initialise(list, count)
    try layout.fill(list, pages: call[1], count, offset: call[3], bytes: call[4])
    var known: UInt64 = 0
    if previous == 0 {
      try interpreter.store(table, 8, list)
    } else {
      try interpreter.store(
        previous,
        8,
        try interpreter.load(previous, 8) & ~ScatterlistLayout.end
      )
      try interpreter.store(previous + UInt64(layout.size), 8, list | ScatterlistLayout.chain)
      known = try interpreter.load(table + 12, 4)
    }
    // `nents` and `orig_nents`; `total_nents`.
    for place in [8, 12, 24] as [UInt64] {
      try interpreter.store(table + place, 4, known + UInt64(count))
    }
    try interpreter.store(last, 8, list + UInt64((count - 1) * layout.size))
    return 0
  }

  /// `sg_free_append_table()`
  func free() throws(ExecutionStop) -> UInt64 {
    var piece = try interpreter.load(table, 8)
    var seen: Set<UInt64> = []
    while piece != 0 {
      guard seen.insert(piece).inserted else {
        throw interpreter.stopped(.fault(.doubleFree), "a list that leads to itself is freed")
      }
      var entry = piece
      while try layout.link(entry) & (ScatterlistLayout.end | ScatterlistLayout.chain) == 0 {
        entry += UInt64(layout.size)
      }
      let link = try layout.link(entry)
      _ = try KernelBuiltins.free(call, piece)
      piece = link & ScatterlistLayout.chain != 0 ? link & ~3 : 0
    }
    try interpreter.store(table, 8, 0)
    return 0
  }
}
