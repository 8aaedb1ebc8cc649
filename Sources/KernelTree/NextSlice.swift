// SPDX-License-Identifier: GPL-2.0-only
internal import Synchronization

/// Hands out a list in slices, to whoever asks next.
final class NextSlice: Sendable {
  private let position = Atomic<Int>(0)
  private let count: Int
  private let length: Int

  init(count: Int, length: Int) {
    self.count = count
    self.length = length
  }

  func take() -> Range<Int>? {
    let start = position.add(length, ordering: .relaxed).oldValue
    return start < count ? start..<min(count, start + length) : nil
  }
}
