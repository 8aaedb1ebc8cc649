// SPDX-License-Identifier: GPL-2.0-only

/// Finds the intervals that overlap a range in time logarithmic in their number.
///
/// A treap ordered by start whose nodes know the largest end below them. Its shape depends on
/// nothing but the sequence of insertions.
struct IntervalIndex: Sendable {
  private struct Node: Sendable {
    var first: UInt64
    var last: UInt64
    var largestLast: UInt64
    var priority: UInt32
    var left: Int32 = -1
    var right: Int32 = -1
    var payload: Int32
  }

  private var nodes: ContiguousArray<Node> = []
  private var freeNodes: [Int32] = []
  private var root: Int32 = -1
  private var inserted: UInt64 = 0
  private(set) var count = 0

  /// - Parameter last: the last value of the interval, included.
  mutating func insert(first: UInt64, last: UInt64, payload: Int32) {
    inserted += 1
    let node = Node(
      first: first,
      last: last,
      largestLast: last,
      priority: Self.mix(inserted),
      payload: payload
    )
    let index: Int32
    if let reused = freeNodes.popLast() {
      nodes[Int(reused)] = node
      index = reused
    } else {
      nodes.append(node)
      index = Int32(nodes.count - 1)
    }
    root = insert(index, into: root)
    count += 1
  }

  /// Removes one interval that has this start and payload; false when there is none.
  mutating func remove(first: UInt64, payload: Int32) -> Bool {
    var removed: Int32 = -1
    root = remove(first, payload, from: root, removed: &removed)
    guard removed >= 0 else { return false }
    freeNodes.append(removed)
    count -= 1
    return true
  }

  /// Visits overlapping intervals by ascending start until the body returns false.
  func overlapping(first: UInt64, last: UInt64, _ body: (Int32) -> Bool) {
    _ = visit(root, first, last, body)
  }

  private func visit(
    _ index: Int32,
    _ first: UInt64,
    _ last: UInt64,
    _ body: (Int32) -> Bool
  ) -> Bool {
    guard index >= 0, nodes[Int(index)].largestLast >= first else { return true }
    let node = nodes[Int(index)]
    guard visit(node.left, first, last, body) else { return false }
    guard node.first <= last else { return true }
    if node.last >= first, !body(node.payload) { return false }
    return visit(node.right, first, last, body)
  }

  private func isOrdered(_ left: Int32, before right: Int32) -> Bool {
    let left = nodes[Int(left)]
    let right = nodes[Int(right)]
    return left.first != right.first ? left.first < right.first : left.payload < right.payload
  }

  private mutating func update(_ index: Int32) {
    var largest = nodes[Int(index)].last
    for child in [nodes[Int(index)].left, nodes[Int(index)].right] where child >= 0 {
      largest = max(largest, nodes[Int(child)].largestLast)
    }
    nodes[Int(index)].largestLast = largest
  }

  private mutating func insert(_ new: Int32, into index: Int32) -> Int32 {
    guard index >= 0 else { return new }
    if nodes[Int(new)].priority > nodes[Int(index)].priority {
      let (left, right) = split(index, at: new)
      nodes[Int(new)].left = left
      nodes[Int(new)].right = right
      update(new)
      return new
    }
    if isOrdered(new, before: index) {
      nodes[Int(index)].left = insert(new, into: nodes[Int(index)].left)
    } else {
      nodes[Int(index)].right = insert(new, into: nodes[Int(index)].right)
    }
    update(index)
    return index
  }

  private mutating func split(_ index: Int32, at key: Int32) -> (Int32, Int32) {
    guard index >= 0 else { return (-1, -1) }
    if isOrdered(index, before: key) {
      let (left, right) = split(nodes[Int(index)].right, at: key)
      nodes[Int(index)].right = left
      update(index)
      return (index, right)
    }
    let (left, right) = split(nodes[Int(index)].left, at: key)
    nodes[Int(index)].left = right
    update(index)
    return (left, index)
  }

  private mutating func merge(_ left: Int32, _ right: Int32) -> Int32 {
    guard left >= 0 else { return right }
    guard right >= 0 else { return left }
    if nodes[Int(left)].priority > nodes[Int(right)].priority {
      nodes[Int(left)].right = merge(nodes[Int(left)].right, right)
      update(left)
      return left
    }
    nodes[Int(right)].left = merge(left, nodes[Int(right)].left)
    update(right)
    return right
  }

  private mutating func remove(
    _ first: UInt64,
    _ payload: Int32,
    from index: Int32,
    removed: inout Int32
  ) -> Int32 {
    guard index >= 0 else { return -1 }
    let node = nodes[Int(index)]
    if node.first == first, node.payload == payload {
      removed = index
      return merge(node.left, node.right)
    }
    if first != node.first ? first < node.first : payload < node.payload {
      nodes[Int(index)].left = remove(first, payload, from: node.left, removed: &removed)
    } else {
      nodes[Int(index)].right = remove(first, payload, from: node.right, removed: &removed)
    }
    update(index)
    return index
  }

  /// The finaliser of SplitMix64: priorities only need to look unordered.
  private static func mix(_ value: UInt64) -> UInt32 {
    var z = value &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return UInt32(truncatingIfNeeded: z >> 32)
  }
}
