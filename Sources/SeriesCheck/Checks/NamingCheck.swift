// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// Two new functions whose names are made of the same words in different order:
/// `x_map_nosync()` and `x_sync_map()`.
enum NamingCheck: SeriesTextCheck {
  static let ids = ["inconsistent-naming"]

  static func findings(_ context: SeriesCheckContext) -> [Finding] {
    context.steps.flatMap { step in
      let new = step.files.filter { $0.path.hasSuffix(".h") }.flatMap { file in
        introduced(in: file).map { (file: file, function: $0) }
      }
      return new.indices.flatMap { index in
        new[(index + 1)...].compactMap { later -> Finding? in
          let earlier = new[index]
          guard disagree(earlier.function.name, later.function.name) else { return nil }
          return Finding(
            id: "inconsistent-naming",
            severity: .note,
            location: SourceLocation(path: later.file.path, line: later.function.line),
            message: "\(earlier.function.name)() and \(later.function.name)() put the same words "
              + "in different order",
            related: [
              Finding.Related(
                location: SourceLocation(path: earlier.file.path, line: earlier.function.line),
                message: "the other name"
              )
            ],
            patch: context.location(step, later.file.added[later.function.line]),
            context: "\(earlier.function.name) \(later.function.name)"
          )
        }
      }
    }
  }

  /// Functions that the patch declares first, each once.
  private static func introduced(in file: ChangedFile) -> [Prototype] {
    let old = Set(Prototype.all(in: SourceText(file.before ?? "")).map(\.name))
    var seen = old
    return Prototype.all(in: SourceText(file.text)).filter {
      file.added[$0.line] != nil && seen.insert($0.name).inserted
    }
  }

  static func disagree(_ left: String, _ right: String) -> Bool {
    let first = left.split(separator: "_")
    let second = right.split(separator: "_")
    guard first.count == second.count, first.count >= 3, first[0] == second[0], first != second
    else {
      return false
    }
    // Names that differ in one place only are variants of one pattern, whatever the words mean.
    let differing = zip(first, second).count { stem($0) != stem($1) }
    return differing > 1 && first.map(stem).sorted() == second.map(stem).sorted()
  }

  /// The word without the syllable that turns it into its opposite.
  private static func stem(_ word: Substring) -> Substring {
    for prefix in ["no", "un", "non"] where word.hasPrefix(prefix) && word.count > prefix.count + 2
    {
      return word.dropFirst(prefix.count)
    }
    return word
  }
}
