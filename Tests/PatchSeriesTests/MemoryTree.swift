// SPDX-License-Identifier: GPL-2.0-only

import PatchSeries

/// A base of a few files in memory.
struct MemoryTree: BaseTree {
  var files: [String: TreeFile] = [:]

  init(_ files: [String: String] = [:]) {
    self.files = files.mapValues { TreeFile(mode: TreeFile.regular, content: Bytes($0.utf8)) }
  }

  func file(at path: String) -> TreeFile? { files[path] }
  func isDirectory(_ path: String) -> Bool { files.keys.contains { $0.hasPrefix(path + "/") } }
  func names(in directory: String) -> [String] {
    let prefix = directory.isEmpty ? "" : directory + "/"
    return Array(
      Set(
        files.keys.filter { $0.hasPrefix(prefix) }
          .map { String($0.dropFirst(prefix.count).prefix { $0 != "/" }) }
      )
    )
  }
}
