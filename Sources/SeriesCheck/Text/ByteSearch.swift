// SPDX-License-Identifier: GPL-2.0-only

internal import Glibc

extension String {
  /// Whether the bytes of `part` occur; whole files are searched, for which comparing characters
  /// takes many times as long.
  func hasBytes(of part: String) -> Bool {
    var (text, part) = (self, part)
    return text.withUTF8 { text in
      part.withUTF8 { part in
        guard let wanted = part.baseAddress, let first = part.first else { return true }
        guard var start = text.baseAddress else { return false }
        let end = start + text.count
        while let hit = memchr(start, Int32(first), end - start) {
          let place = UnsafePointer(hit.assumingMemoryBound(to: UInt8.self))
          guard end - place >= part.count else { return false }
          if memcmp(place, wanted, part.count) == 0 { return true }
          start = place + 1
        }
        return false
      }
    }
  }
}
