// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Glibc

/// Sizes and times of files, by which a change is noticed without reading them.
///
/// The same evidence that git's index trusts: size, inode, and modification and change times in
/// nanoseconds.
struct FileStamps: Codable, Sendable, Hashable {
  private(set) var stamps: [String: String]

  /// Of the files as they are now.
  init(of paths: some Sequence<String>) {
    var memory = StampMemory()
    self.init(of: paths, memory: &memory)
  }

  init(of paths: some Sequence<String>, memory: inout StampMemory) {
    stamps = [:]
    for path in paths { stamps[path] = memory.stamp(of: path) }
  }

  var paths: [String] { Array(stamps.keys) }

  /// Whether every file is as it was.
  func isCurrent(memory: inout StampMemory) -> Bool {
    stamps.allSatisfy { memory.stamp(of: $0.key) == $0.value }
  }

  /// One text for the whole, the same in every run.
  var text: String {
    stamps.sorted { $0.key < $1.key }.map { "\($0.key)\u{0}\($0.value)\n" }.joined()
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
