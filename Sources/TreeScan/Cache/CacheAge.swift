// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// Keeps the cache's directory from growing without end.
enum CacheAge {
  /// Kept whatever their age: another scan may be about to use them.
  private static let rest = Duration.seconds(24 * 60 * 60)
  /// Compiled headers take some 50 MB each; a tree needs one for each architecture and choice of
  /// names.
  private static let headersKept = 8
  private static let databasesKept = 2

  /// Removes compiled headers, and databases of other versions, beyond the most recently used.
  ///
  /// What cannot be removed stays; the cache works with it.
  static func removeOldest(in directory: URL) {
    let manager = FileManager.default
    let files =
      (try? manager.contentsOfDirectory(
        at: directory,
        includingPropertiesForKeys: [.contentModificationDateKey]
      )) ?? []
    func removeOldest(keeping kept: Int, where isOfKind: (String) -> Bool) {
      let dated = files.filter { isOfKind($0.lastPathComponent) }.map { file in
        let values = try? file.resourceValues(forKeys: [.contentModificationDateKey])
        return (file: file, date: values?.contentModificationDate ?? .distantPast)
      }.sorted { $0.date > $1.date }
      let limit = Date(timeIntervalSinceNow: -Double(rest.components.seconds))
      for (file, date) in dated.dropFirst(kept) where date < limit {
        for companion in ["", "-wal", "-shm"] {
          try? manager.removeItem(atPath: file.path + companion)
        }
        if file.pathExtension == "pch" {
          try? manager.removeItem(at: file.deletingPathExtension())
          try? manager.removeItem(atPath: PrecompiledHeader.listPath(of: file.path))
        }
      }
    }
    removeOldest(keeping: headersKept) { $0.hasPrefix("headers-") && $0.hasSuffix(".pch") }
    removeOldest(keeping: databasesKept) { $0.hasPrefix("facts-") && $0.hasSuffix(".sqlite") }
  }
}
