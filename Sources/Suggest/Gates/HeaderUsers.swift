// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Rules

/// The C files beside a changed header that include it.
enum HeaderUsers {
  /// Absolute, in order; without the file that is parsed.
  static func files(of files: EditedFiles) -> [String] {
    var found: [String] = []
    for header in files.after.keys.sorted() where header.hasSuffix(".h") {
      let url = URL(fileURLWithPath: header)
      let folder = url.deletingLastPathComponent().path
      let line = "#include \"\(url.lastPathComponent)\""
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for name in names.sorted() where name.hasSuffix(".c") {
        let path = "\(folder)/\(name)"
        guard path != files.input.path, !found.contains(path),
          let data = FileManager.default.contents(atPath: path),
          String(decoding: data, as: UTF8.self).contains(line)
        else { continue }
        found.append(path)
      }
    }
    return found
  }

  /// Those of them that mention a member which keeps addresses.
  static func readers(of files: EditedFiles) -> [String] {
    self.files(of: files).filter { path in
      guard let data = FileManager.default.contents(atPath: path) else { return false }
      return files.proposal.arrays.contains { data.range(of: Data($0.name.utf8)) != nil }
    }
  }
}
