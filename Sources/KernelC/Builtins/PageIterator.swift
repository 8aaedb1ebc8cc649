// SPDX-License-Identifier: GPL-2.0-only

/// `struct sg_page_iter`, with which `for_each_sg_page()` and `for_each_sg_dma_page()` go through a
/// list page by page (include/linux/scatterlist.h, lib/scatterlist.c).
struct PageIterator {
  private let layout: ScatterlistLayout
  private let interpreter: Interpreter
  // Where its members are: the entry, the page in it, how many entries are left, and how many pages
  // the next step goes forward.
  private let entry: UInt64
  private let page: UInt64
  private let entries: UInt64
  private let advance: UInt64

  init(_ call: OutsideCall) throws(ExecutionStop) {
    layout = try ScatterlistLayout(call)
    interpreter = call.interpreter
    entry = call[0]
    page = entry &+ 8
    entries = entry &+ 12
    advance = entry &+ 16
  }

  func start(list: UInt64, entries count: UInt64, page first: UInt64) throws(ExecutionStop)
    -> UInt64
  {
    try interpreter.store(entry, 8, list)
    try interpreter.store(page, 4, first)
    try interpreter.store(entries, 4, count)
    try interpreter.store(advance, 4, 0)
    return 0
  }

  /// - Parameter forDevice: whether entries are as long as they are to the device
  func next(forDevice: Bool) throws(ExecutionStop) -> UInt64 {
    var current = try interpreter.load(entry, 8)
    var left = try interpreter.load(entries, 4)
    guard left != 0, current != 0 else { return 0 }
    var position = try interpreter.load(page, 4) &+ interpreter.load(advance, 4)
    try interpreter.store(advance, 4, 1)
    while true {
      let pages = try layout.pages(of: current, forDevice: forDevice)
      guard position >= pages else { break }
      position -= pages
      current = try layout.next(current)
      left -= 1
      guard left != 0, current != 0 else { break }
    }
    try interpreter.store(entry, 8, current)
    try interpreter.store(entries, 4, left)
    try interpreter.store(page, 4, position)
    return left != 0 && current != 0 ? 1 : 0
  }
}

extension ScatterlistLayout {
  /// Pages that an entry touches: `sg_page_count()` and `sg_dma_page_count()`.
  fileprivate func pages(of entry: UInt64, forDevice: Bool) throws(ExecutionStop) -> UInt64 {
    let (address, length) = try range(entry)
    let bytes = forDevice ? try deviceLength(entry) ?? length : length
    return ((address & 4095) + bytes + 4095) >> 12
  }
}
