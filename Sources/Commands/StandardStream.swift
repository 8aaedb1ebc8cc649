// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// Standard output or standard error, each of which may be a full disk as well as a terminal.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  func write(_ text: String) throws(OutputError) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(rawValue, $0.baseAddress, $0.count) }
      if count >= 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR {
        throw OutputError(path: "standard \(self)", code: errno)
      }
    }
  }
}
