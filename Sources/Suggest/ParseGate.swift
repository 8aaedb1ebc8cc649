// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Rules

/// The changed files parse as before: no error that was not there.
///
/// Files beside the main file that include a changed header are parsed as well.
struct ParseGate {
  /// By absolute path; nil for a file that is not part of the kernel.
  let input: (String) -> ParseInput?
  /// Files that are parsed for one header at most.
  static let includerLimit = 40

  func check(_ files: EditedFiles) throws -> GateResult {
    var parsed = 0
    let includers = includers(of: files)
    for path in [files.mainPath] + includers.prefix(Self.includerLimit) {
      guard let input = path == files.mainPath ? files.input : input(path) else { continue }
      let before = try ParsedSource(path: path, input: input)
      let after = try ParsedSource(path: path, input: input, replacements: files.after)
      parsed += 1
      var known = before.errors
      for error in after.errors {
        if let index = known.firstIndex(of: error) {
          known.remove(at: index)
        } else {
          return GateResult(gate: "parses", outcome: .failed, detail: error)
        }
      }
    }
    let rest = includers.count - Self.includerLimit
    return GateResult(
      gate: "parses",
      outcome: .passed,
      detail: "\(parsed == 1 ? "the file parses" : "\(parsed) files parse") without new errors"
        + (rest > 0 ? ", \(rest) more that include the header were not parsed" : "")
    )
  }

  private func includers(of files: EditedFiles) -> [String] {
    var found: [String] = []
    for header in files.after.keys.sorted() where header.hasSuffix(".h") {
      let url = URL(fileURLWithPath: header)
      let folder = url.deletingLastPathComponent().path
      let line = "#include \"\(url.lastPathComponent)\""
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for name in names.sorted() where name.hasSuffix(".c") {
        let path = "\(folder)/\(name)"
        guard path != files.mainPath, let data = FileManager.default.contents(atPath: path),
          String(decoding: data, as: UTF8.self).contains(line)
        else { continue }
        found.append(path)
      }
    }
    return found
  }
}
