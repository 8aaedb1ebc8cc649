// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// One file to be parsed before and after one patch.
struct ParseWork: Sendable {
  let path: String
  /// Index of the patch in the run.
  let index: Int
  let step: SeriesRun.Step
  let files: [ChangedFile]

  /// The C files that each patch touches, and those of the series that include a header it touches
  /// and use a name from the lines it changes there.
  ///
  /// Files that do not take all their hunks are left out, from that patch on: their errors are the
  /// conflict's.
  static func all(in run: SeriesRun) -> [ParseWork] {
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
      let headers = application.files.map(\.diff).filter { $0.path.hasSuffix(".h") }
        .map(TouchedHeader.init)
      for path in inSeries where !paths.contains(path) && !headers.isEmpty {
        guard let file = try? step.after.file(at: path) else { continue }
        let source = IncludingSource(file.content.lossyText, path: path)
        if headers.contains(where: { source.isAffected(by: $0) }) { paths.append(path) }
      }
      // One broken header makes every file above it suspect.
      guard !broken.contains(where: { $0.hasSuffix(".h") }) else { continue }
      result += paths.filter { !broken.contains($0) }.map {
        ParseWork(path: $0, index: index, step: step, files: files)
      }
    }
    return result
  }

  /// The number of the first later patch whose added lines name the symbol.
  static func introduction(of symbol: String, after index: Int, in run: SeriesRun) -> Int? {
    run.steps.dropFirst(index + 1).first { step in
      step.patch.mail.diffs.contains { diff in
        diff.path.hasSuffix(".h")
          && diff.hunks.flatMap(\.lines).contains {
            $0.kind == .added && $0.text.lossyText.contains(symbol)
          }
      }
    }?.patch.number
  }
}

/// What a patch does to a header, as far as it matters to the files that include it.
private struct TouchedHeader {
  let path: String
  /// Identifiers of the lines that come or go.
  private(set) var names: Set<Substring> = []
  /// A line with a directive changes what everything below it means.
  private(set) var changesDirectives = false

  init(_ diff: FileDiff) {
    path = diff.path
    if diff.isRename || diff.isDelete == true { changesDirectives = true }
    for line in diff.hunks.flatMap(\.lines) where line.kind != .context {
      let text = line.text.lossyText
      let start = text.drop { $0 == " " || $0 == "\t" }
      if ["#include", "#undef", "#if", "#el", "#end"].contains(where: start.hasPrefix) {
        changesDirectives = true
      }
      names.formUnion(text.identifiers)
    }
  }

  var includeName: String {
    path.hasPrefix("include/") ? String(path.dropFirst("include/".count)) : path
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
    return header.changesDirectives || !names.isDisjoint(with: header.names)
  }

  private func includes(_ header: TouchedHeader) -> Bool {
    if text.hasBytes(of: "<\(header.includeName)>") { return true }
    let name = header.path.split(separator: "/").last ?? ""
    return header.path.directory == path.directory && text.hasBytes(of: "\"\(name)\"")
  }
}

extension StringProtocol {
  /// Words of letters, digits and underscores that start with no digit and are no keywords.
  fileprivate var identifiers: [Substring] {
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
