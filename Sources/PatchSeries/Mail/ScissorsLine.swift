// SPDX-License-Identifier: GPL-2.0-only

/// A line such as `-- >8 --`, above which a mail holds talk that is no part of the message.
enum ScissorsLine {
  /// The rule of git's mailinfo.c: at least eight columns are visible, the perforation takes more
  /// than a third of them, and dashes and scissors more than half of the perforation.
  static func matches(_ line: ByteSlice) -> Bool {
    var perforation = 0
    var gap = 0
    var hasScissors = false
    var inPerforation = false
    var first: Int?
    var last = 0
    var index = line.startIndex
    while index < line.endIndex {
      defer { index += 1 }
      let byte = line[index]
      if byte.isBlank {
        if inPerforation {
          perforation += 1
          gap += 1
        }
        continue
      }
      last = index
      first = first ?? index
      if byte == UInt8(ascii: "-") {
        inPerforation = true
        perforation += 1
      } else if isScissors(line[index...]) {
        inPerforation = true
        perforation += 2
        hasScissors = true
        index += 1
      } else {
        inPerforation = false
      }
    }
    guard hasScissors, let first else { return false }
    let visible = last - first + 1
    return visible >= 8 && visible < perforation * 3 && gap * 2 < perforation
  }

  private static func isScissors(_ text: ByteSlice) -> Bool {
    text.starts(with: ">8") || text.starts(with: "8<") || text.starts(with: ">%")
      || text.starts(with: "%<")
  }
}
