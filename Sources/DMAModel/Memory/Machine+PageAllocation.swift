// SPDX-License-Identifier: GPL-2.0-only

/// The page allocator, as far as drivers that map many pages see it.
extension Machine {
  /// `alloc_pages_bulk()` over consecutive pages that the caller provides.
  ///
  /// The fault point is reached once for each page; where it strikes, or where the memory ends, the
  /// call stops short.
  ///
  /// - Returns: how many pages it got, which a caller must expect to be fewer than `count`.
  public mutating func allocPagesBulk(from base: UInt64, count: UInt64) -> Outcome<UInt64> {
    begin()
    let page = configuration.pageSize
    var got: UInt64 = 0
    while got < count {
      let (offset, overflow) = got.multipliedReportingOverflow(by: page)
      let address = base &+ offset
      guard !overflow, memory.region(containing: address, count: page)?.kind.hasStructPage == true,
        !faults.strikes(.allocPagesBulk, size: page, address: address)
      else { break }
      got += 1
    }
    return finish(got, traced("alloc_pages_bulk(\(hex(base)), \(count)) = \(got)"))
  }
}
