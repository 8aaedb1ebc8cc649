// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import Foundation
internal import KernelTree
internal import PatchSeries

/// The kernel's most used headers, parsed once for all files that share their flags.
enum PrecompiledHeader {
  /// The headers worth compiling beforehand: those that at least `threshold` of the files include
  /// and that exist for all of them, most used first as ties go by name.
  ///
  /// A header that few files use costs each of the others, and its macros may clash with a
  /// driver's own names.
  static func selection(from includes: [[String]], threshold: Int) -> [String] {
    var uses: [String: Int] = [:]
    for file in includes { for header in Set(file) { uses[header, default: 0] += 1 } }
    return uses.filter { $0.value >= threshold }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map(\.key)
  }

  /// Writes a header that includes others, unless an earlier scan did: the compiler refuses a
  /// compiled header when the time of its source is another.
  ///
  /// - Returns: Its path.
  static func write(
    including headers: [String],
    arguments: [String],
    in directory: URL
  ) throws -> String {
    let text = headers.map { "#include <\($0)>\n" }.joined()
    let recipe = (arguments + [text]).joined(separator: "\u{0}")
    let name = "headers-\(BlobID.hex(of: Array(recipe.utf8))).h"
    let target = directory.appending(path: name)
    guard !FileManager.default.fileExists(atPath: target.path) else { return target.path }
    let incoming = directory.appending(path: "\(name).\(UUID().uuidString)")
    try Data(text.utf8).write(to: incoming)
    // Linked, so that of two scans at once the first one's stays.
    if link(incoming.path, target.path) != 0, errno != EEXIST {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: target.path])
    }
    try FileManager.default.removeItem(at: incoming)
    return target.path
  }

  /// How often headers that do not compile after the others are left out before giving up.
  private static let attempts = 4

  static func build(path: String, arguments: [String], output: String) -> ParseReply {
    var reason = ""
    for _ in 0..<attempts {
      do {
        let files = try TranslationUnit.precompile(
          path,
          options: ParseOptions(arguments: arguments, skipsFunctionBodies: true),
          to: output
        )
        return .precompiled(files)
      } catch {
        reason = error.description
        guard !error.lines.isEmpty, leaveOut(error.lines, of: path) else { break }
      }
    }
    return .failed(reason: reason)
  }

  /// Empties lines of a header, so that the others stay where they are.
  private static func leaveOut(_ lines: Set<Int>, of path: String) -> Bool {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
    let kept = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { lines.contains($0.offset + 1) ? "" : String($0.element) }
    return
      (try? kept.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8))
      != nil
  }

  // MARK: What it was made of

  /// Beside the compiled form, for workers.
  static func listPath(of compiled: String) -> String { compiled + ".files" }

  /// Notes the files that the compiled form at `path` was made of, without the detours by which the
  /// compiler came to them; without the note it serves as well, only slower.
  static func note(_ files: [String], of path: String) {
    let text = files.map(\.normalizedPath).joined(separator: "\u{0}")
    try? text.write(toFile: listPath(of: path), atomically: true, encoding: .utf8)
  }

  /// The files that a compiled form was made of; nil when that was not noted.
  static func files(of path: String) -> Set<String>? {
    guard let data = FileManager.default.contents(atPath: listPath(of: path)) else { return nil }
    return Set(data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
  }
}
