// SPDX-License-Identifier: GPL-2.0-only

internal import PatchSeries

/// What a patch does to a header, as far as it matters to the files that include it.
struct TouchedHeader: Sendable {
  let path: String
  /// Identifiers of the lines that come or go.
  private(set) var words: Set<Substring> = []
  /// A line with a directive changes what everything below it means.
  private(set) var changesDirectives = false
  /// Lines that stay may mean something else, although no declaration shows it: a directive goes, or
  /// new conditionals reach beyond the lines that come with them.
  let changesKeptLines: Bool
  /// What the header declares otherwise than before, no longer, or for the first time.
  let declarations: Set<String>

  /// The headers that a patch touches and that it left in a state to be read.
  static func all(in step: SeriesRun.Step) -> [TouchedHeader] {
    (step.application?.files ?? []).compactMap { application in
      guard application.diff.path.hasSuffix(".h"), application.problem == nil else { return nil }
      return TouchedHeader(application.diff, before: step.before, after: step.after)
    }
  }

  private init(_ diff: FileDiff, before: PatchedTree, after: PatchedTree) {
    path = diff.path
    if diff.isRename || diff.isDelete == true { changesDirectives = true }
    for line in diff.hunks.flatMap(\.lines) where line.kind != .context {
      let text = line.text.lossyText
      let start = text.drop { $0 == " " || $0 == "\t" }
      if ["#include", "#undef", "#if", "#el", "#end"].contains(where: start.hasPrefix) {
        changesDirectives = true
      }
      words.formUnion(text.identifiers)
    }
    changesKeptLines =
      diff.isRename || diff.isDelete == true
      || (diff.isNew != true && diff.hunks.contains(where: Self.changesKeptLines))
    func read(_ path: String?, _ tree: PatchedTree) -> HeaderDeclarations {
      let file = path.flatMap { try? tree.file(at: $0) }
      return HeaderDeclarations(file?.content.lossyText ?? "")
    }
    declarations = HeaderDeclarations.changed(
      from: read(diff.oldPath, before),
      to: read(diff.newPath, after)
    )
  }

  private static func changesKeptLines(_ hunk: Hunk) -> Bool {
    var kind = Hunk.Kind.context
    // How many conditionals the run of added or deleted lines has open.
    var open = 0
    for line in hunk.lines {
      if line.kind != kind {
        if open != 0 { return true }
        kind = line.kind
      }
      guard kind != .context, let word = directive(line.text) else { continue }
      if word.hasPrefix("if") { open += 1 }
      if word.hasPrefix("el"), open == 0 { return true }
      if word == "endif" { open -= 1 }
      if open < 0 || word == "undef" || (word == "include" && kind == .deleted) { return true }
    }
    return open != 0
  }

  /// The word of a preprocessor line.
  private static func directive(_ line: ByteSlice) -> String? {
    let text = line.lossyText.trimmed
    guard text.hasPrefix("#") else { return nil }
    return text.dropFirst().split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
  }

  /// As files include it that do not lie beside it.
  var includeName: String {
    guard let include = path.firstRange(of: "include/"),
      include.lowerBound == path.startIndex || path[..<include.lowerBound].hasSuffix("/")
    else { return path }
    return String(path[include.upperBound...])
  }
}
