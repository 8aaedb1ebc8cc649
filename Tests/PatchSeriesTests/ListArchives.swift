// SPDX-License-Identifier: GPL-2.0-only

import Foundation

/// Mailboxes of kernel lists that may lie beside the repository. They are nobody's to distribute, so
/// tests that want them are skipped where they are missing.
enum ListArchives {
  static let mailboxes: [String] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    for parent in ["..", "../.."] {
      let directory = root.appending(path: "\(parent)/shared/mail").standardized.path()
      let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
      let boxes = names.filter { $0.hasSuffix(".mbox") }.sorted()
      if !boxes.isEmpty { return boxes.map { "\(directory)/\($0)" } }
    }
    return []
  }()

  static func mailbox(_ name: String) -> String? { mailboxes.first { $0.hasSuffix("/" + name) } }
}
