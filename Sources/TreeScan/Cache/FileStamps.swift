// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Glibc

/// Sizes and times of files, by which a change is noticed without reading them.
///
/// The same evidence that git's index trusts: size, inode, and modification and change times in
/// nanoseconds.
struct FileStamps: Sendable, Hashable {
  /// A line for each file, in order: its path, a NUL and its stamp.
  let text: String

  /// Of the files as they are now.
  init(of paths: some Sequence<String>) {
    var memory = StampMemory()
    self.init(of: paths, memory: &memory)
  }

  init(of paths: some Sequence<String>, memory: inout StampMemory) {
    var text = ""
    for path in Set(paths).sorted() {
      text += path
      text += "\u{0}"
      text += memory.stamp(of: path)
      text += "\n"
    }
    self.text = text
  }

  init(_ data: some Collection<UInt8>) { text = String(decoding: data, as: UTF8.self) }

  var data: Data { Data(text.utf8) }

  var paths: [String] { lines.map { String($0.path) } }

  /// Whether every file is as it was.
  func isCurrent(memory: inout StampMemory) -> Bool {
    lines.allSatisfy { memory.stamp(of: String($0.path)) == $0.stamp }
  }

  /// A line that is none, since a path had a line end in it, has no stamp that a file could have.
  private var lines: [(path: Substring, stamp: Substring)] {
    text.utf8.split(separator: UInt8(ascii: "\n")).map { line in
      let end = line.firstIndex(of: 0) ?? line.endIndex
      return (Substring(line[..<end]), Substring(line[end...].dropFirst()))
    }
  }
}

/// Stamps already taken, since many files include the same headers.
struct StampMemory {
  private var known: [String: String] = [:]

  mutating func stamp(of path: String) -> String {
    if let stamp = known[path] { return stamp }
    var status = stat()
    let stamp: String
    if stat(path, &status) == 0 {
      stamp =
        "\(status.st_size).\(status.st_ino).\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        + ".\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    } else {
      stamp = "absent"
    }
    known[path] = stamp
    return stamp
  }
}
