// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// One file to be parsed before and after one patch.
struct ParseWork: Sendable {
  let path: String
  /// The file is not of the series; it uses what the patch changes in a header.
  let isUser: Bool
  /// Index of the patch in the run.
  let index: Int
  let step: SeriesRun.Step
  let files: [ChangedFile]
  /// Whether what headers do may have changed for reasons that no name in them shows.
  let wantsWholeHeaders: Bool

  /// The C files that each patch touches, those of the series that include a header it touches and
  /// use a name from the lines it changes there, and some of the other files of the tree that use
  /// what the header declares otherwise.
  ///
  /// Files that do not take all their hunks are left out, from that patch on: their errors are the
  /// conflict's.
  static func all(in run: SeriesRun, users: HeaderUsers) -> [ParseWork] {
    let inSeries = Set(run.steps.flatMap { $0.patch.mail.diffs.compactMap(\.newPath) })
      .filter { $0.hasSuffix(".c") }.sorted()
    var broken: Set<String> = []
    var result: [ParseWork] = []
    for (index, step) in run.steps.enumerated() {
      guard let application = step.application else { continue }
      for file in application.files where file.hasConflict || file.problem != nil {
        broken.formUnion([file.diff.oldPath, file.diff.newPath].compactMap { $0 })
      }
      let files = application.files.compactMap {
        ChangedFile($0, before: step.before, after: step.after)
      }
      var paths = files.map(\.path).filter { $0.hasSuffix(".c") }
      let headers = TouchedHeader.all(in: step)
      for path in inSeries where !paths.contains(path) && !headers.isEmpty {
        guard let file = try? step.after.file(at: path) else { continue }
        let source = IncludingSource(file.content.lossyText, path: path)
        if headers.contains(where: { source.isAffected(by: $0) }) { paths.append(path) }
      }
      let wantsWholeHeaders = headers.contains(where: \.changesKeptLines)
      // One broken header makes every file above it suspect.
      guard !broken.contains(where: { $0.hasSuffix(".h") }) else { continue }
      result += paths.filter { !broken.contains($0) }.map {
        ParseWork(
          path: $0,
          isUser: false,
          index: index,
          step: step,
          files: files,
          wantsWholeHeaders: wantsWholeHeaders
        )
      }
      result += users.chosen(at: index).map {
        ParseWork(
          path: $0,
          isUser: true,
          index: index,
          step: step,
          files: files,
          wantsWholeHeaders: wantsWholeHeaders
        )
      }
    }
    return result
  }

  /// The first later patch that adds lines with the symbol to a header.
  static func introduction(
    of symbol: String,
    after index: Int,
    in run: SeriesRun
  ) -> Series.Patch? {
    run.steps.dropFirst(index + 1).first { step in
      step.patch.mail.diffs.contains { diff in
        diff.path.hasSuffix(".h")
          && diff.hunks.flatMap(\.lines).contains {
            $0.kind == .added && $0.text.lossyText.contains(symbol)
          }
      }
    }?.patch
  }
}

/// A C file that includes headers.
private struct IncludingSource {
  private let path: String
  private let text: String
  private let names: Set<Substring>

  init(_ text: String, path: String) {
    self.path = path
    self.text = text
    names = Set(text.identifiers)
  }

  func isAffected(by header: TouchedHeader) -> Bool {
    guard includes(header) else { return false }
    return header.changesDirectives || !names.isDisjoint(with: header.words)
  }

  private func includes(_ header: TouchedHeader) -> Bool {
    if text.hasBytes(of: "<\(header.includeName)>") { return true }
    let name = header.path.split(separator: "/").last ?? ""
    return header.path.directory == path.directory && text.hasBytes(of: "\"\(name)\"")
  }
}

extension StringProtocol {
  /// Words of letters, digits and underscores that start with no digit and are no keywords.
  var identifiers: [Substring] {
    Substring(self).utf8.split { byte in
      !(UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_"))
    }.filter { $0.first.map { $0 > UInt8(ascii: "9") } == true }.map { Substring($0) }
      .filter { !CKeywords.all.contains(String($0)) }
  }

  /// With its slash.
  fileprivate var directory: SubSequence {
    guard let slash = lastIndex(of: "/") else { return self[startIndex..<startIndex] }
    return self[startIndex...slash]
  }
}

/// Words that every file has.
private enum CKeywords {
  static let all: Set<String> = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "return", "short",
    "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while", "bool", "NULL", "true", "false", "include", "define", "ifdef", "ifndef",
    "endif", "u8", "u16", "u32", "u64", "size_t", "dev", "device", "linux", "h", "the", "a", "of",
    "to", "and", "is", "in", "ENODEV", "EINVAL", "EOPNOTSUPP", "EIO",
  ]
}
