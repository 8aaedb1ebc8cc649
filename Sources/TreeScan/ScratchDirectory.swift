// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// A directory of this run alone, outside the tree, removed at its end.
struct ScratchDirectory: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "twostep-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
    )
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func write(_ text: some Collection<UInt8>, to name: String) throws -> String {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text).write(to: file)
    return file.path
  }

  /// What cannot be removed is left to the system's own cleaning of temporary files.
  func remove() { try? FileManager.default.removeItem(at: url) }
}
