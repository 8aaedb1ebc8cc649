// SPDX-License-Identifier: GPL-2.0-only

/// Counts lines as it is asked for offsets in ascending order.
struct LineCursor {
  private let text: SourceBytes
  private var offset = 0
  private var line = 1
  /// The offset at which the line last asked for starts.
  private(set) var lineStart = 0

  init(_ text: SourceBytes) { self.text = text }

  /// The one-based line that holds an offset not before any asked for earlier.
  mutating func line(at target: Int) -> Int {
    while offset < min(target, text.count) {
      if text[offset] == ASCII.newline {
        line += 1
        lineStart = offset + 1
      }
      offset += 1
    }
    return line
  }
}
