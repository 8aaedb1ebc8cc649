// SPDX-License-Identifier: GPL-2.0-only

/// Allocates ranges of granules from the top of the address space downwards, each aligned to its
/// size rounded up to a power of two, as drivers/iommu/iova.c does.
///
/// A binary trie over granule numbers whose nodes know the largest aligned free block below them,
/// so that allocation and release take a number of steps logarithmic in the address space.
struct IOVASpace: Sendable {
  private struct Node: Sendable {
    /// Zero when the node has no children: it is then wholly free or wholly allocated.
    var left: UInt32 = 0
    var right: UInt32 = 0
    /// Order of the largest aligned free block below, -1 when there is none.
    var freeOrder: Int8
  }

  /// `nodes[0]` is never used, so that zero can mean "none".
  private var nodes: [Node]
  private var freeNodes: [UInt32] = []
  private let root: UInt32 = 1
  let addressBits: Int
  private(set) var allocatedGranules: UInt64 = 0

  /// - Parameter addressBits: granule numbers have this many bits.
  init(addressBits: Int) {
    self.addressBits = addressBits
    nodes = [Node(freeOrder: -1), Node(freeOrder: Int8(addressBits))]
    // Address zero would read as "no address".
    _ = mark(0, count: 1, allocated: true)
    allocatedGranules = 0
  }

  /// Takes a range out for good; false when a part of it is taken already or outside the space.
  mutating func reserve(_ first: UInt64, count: UInt64) -> Bool {
    guard count > 0, fits(first, count), isFree(first, count: count) else { return false }
    return mark(first, count: count, allocated: true)
  }

  /// The first granule of the highest aligned free range that ends at or below `limit`.
  mutating func allocate(
    count: UInt64,
    limit: UInt64,
    aligned: Bool = true
  ) -> UInt64? {
    guard count > 0, count <= 1 << UInt64(addressBits) else { return nil }
    let order = aligned ? Self.order(of: count) : 0
    let found =
      aligned
      ? find(root, level: addressBits, base: 0, order: order, count: count, limit: limit)
      : findUnaligned(count: count, limit: limit)
    guard let first = found else { return nil }
    _ = mark(first, count: count, allocated: true)
    allocatedGranules += count
    return first
  }

  /// False when a part of the range is not allocated.
  mutating func free(_ first: UInt64, count: UInt64) -> Bool {
    guard count > 0, fits(first, count), isAllocated(first, count: count) else { return false }
    allocatedGranules -= min(count, allocatedGranules)
    return mark(first, count: count, allocated: false)
  }

  func isFree(_ first: UInt64, count: UInt64) -> Bool {
    uniform(root, level: addressBits, base: 0, first, first + count, free: true)
  }

  func isAllocated(_ first: UInt64, count: UInt64) -> Bool {
    uniform(root, level: addressBits, base: 0, first, first + count, free: false)
  }

  private func fits(_ first: UInt64, _ count: UInt64) -> Bool {
    let (end, overflow) = first.addingReportingOverflow(count)
    return !overflow && end <= 1 << UInt64(addressBits)
  }

  /// The order of the smallest power of two that is at least `count`.
  static func order(of count: UInt64) -> Int {
    count <= 1 ? 0 : UInt64.bitWidth - (count - 1).leadingZeroBitCount
  }

  private func find(
    _ index: UInt32,
    level: Int,
    base: UInt64,
    order: Int,
    count: UInt64,
    limit: UInt64
  ) -> UInt64? {
    let node = nodes[Int(index)]
    // A count between two powers of two needs the lower half of its block, and some of the upper.
    let needed = count == 1 << UInt64(order) ? order : order - 1
    guard base <= limit, Int(node.freeOrder) >= needed else { return nil }
    if level == order {
      guard count - 1 <= limit - base, freePrefix(index, level: level) >= count else { return nil }
      return base
    }
    if node.left == 0 {
      let last = base + ((1 << UInt64(level)) - 1)
      let top = min(last, limit)
      let block = UInt64(1) << UInt64(order)
      guard top - base >= count - 1 else { return nil }
      return (top - (count - 1)) & ~(block - 1)
    }
    let half = UInt64(1) << UInt64(level - 1)
    return find(
      node.right,
      level: level - 1,
      base: base + half,
      order: order,
      count: count,
      limit: limit
    )
      ?? find(node.left, level: level - 1, base: base, order: order, count: count, limit: limit)
  }

  /// Only a deliberate defect allocates without alignment: just below the limit.
  private func findUnaligned(count: UInt64, limit: UInt64) -> UInt64? {
    let top = min(limit, (1 << UInt64(addressBits)) - 1)
    var first = top - (count - 1) - 1
    while first > count {
      if isFree(first, count: count) { return first }
      first -= 1
    }
    return nil
  }

  private func freePrefix(_ index: UInt32, level: Int) -> UInt64 {
    let node = nodes[Int(index)]
    if node.left == 0 { return node.freeOrder < 0 ? 0 : 1 << UInt64(level) }
    let half = UInt64(1) << UInt64(level - 1)
    let left = freePrefix(node.left, level: level - 1)
    return left < half ? left : half + freePrefix(node.right, level: level - 1)
  }

  private func uniform(
    _ index: UInt32,
    level: Int,
    base: UInt64,
    _ first: UInt64,
    _ end: UInt64,
    free: Bool
  ) -> Bool {
    let node = nodes[Int(index)]
    if node.left == 0 { return (node.freeOrder >= 0) == free }
    let middle = base + (1 << UInt64(level - 1))
    if first < middle,
      !uniform(node.left, level: level - 1, base: base, first, min(end, middle), free: free)
    {
      return false
    }
    return end <= middle
      || uniform(node.right, level: level - 1, base: middle, max(first, middle), end, free: free)
  }

  private mutating func mark(_ first: UInt64, count: UInt64, allocated: Bool) -> Bool {
    mark(root, level: addressBits, base: 0, first, first + count, allocated: allocated)
    return true
  }

  private mutating func mark(
    _ index: UInt32,
    level: Int,
    base: UInt64,
    _ first: UInt64,
    _ end: UInt64,
    allocated: Bool
  ) {
    let uniformOrder = Int8(allocated ? -1 : level)
    if first == base, end - base == 1 << UInt64(level) {
      releaseChildren(of: index)
      nodes[Int(index)].freeOrder = uniformOrder
      return
    }
    if nodes[Int(index)].left == 0 {
      let childOrder = Int8(nodes[Int(index)].freeOrder < 0 ? -1 : level - 1)
      let left = makeNode(childOrder)
      let right = makeNode(childOrder)
      nodes[Int(index)].left = left
      nodes[Int(index)].right = right
    }
    let left = nodes[Int(index)].left
    let right = nodes[Int(index)].right
    let middle = base + (1 << UInt64(level - 1))
    if first < middle {
      mark(left, level: level - 1, base: base, first, min(end, middle), allocated: allocated)
    }
    if end > middle {
      mark(right, level: level - 1, base: middle, max(first, middle), end, allocated: allocated)
    }
    let leftNode = nodes[Int(left)]
    let rightNode = nodes[Int(right)]
    let childrenAreLeaves = leftNode.left == 0 && rightNode.left == 0
    if childrenAreLeaves, leftNode.freeOrder == rightNode.freeOrder,
      leftNode.freeOrder == -1 || leftNode.freeOrder == Int8(level - 1)
    {
      releaseChildren(of: index)
      nodes[Int(index)].freeOrder = leftNode.freeOrder < 0 ? -1 : Int8(level)
    } else {
      nodes[Int(index)].freeOrder = max(leftNode.freeOrder, rightNode.freeOrder)
    }
  }

  private mutating func makeNode(_ freeOrder: Int8) -> UInt32 {
    if let index = freeNodes.popLast() {
      nodes[Int(index)] = Node(freeOrder: freeOrder)
      return index
    }
    nodes.append(Node(freeOrder: freeOrder))
    return UInt32(nodes.count - 1)
  }

  private mutating func releaseChildren(of index: UInt32) {
    let node = nodes[Int(index)]
    guard node.left != 0 else { return }
    releaseChildren(of: node.left)
    releaseChildren(of: node.right)
    freeNodes.append(node.left)
    freeNodes.append(node.right)
    nodes[Int(index)].left = 0
    nodes[Int(index)].right = 0
  }
}
