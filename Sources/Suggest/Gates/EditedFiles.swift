// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// A proposal with the texts it makes.
struct EditedFiles {
  var proposal: Proposal
  var input: ParseInput
  /// Texts of the changed files, by absolute path, before and after.
  var before: [String: [UInt8]]
  var after: [String: [UInt8]]
  /// What is parsed and executed: the main file, or what stands for several.
  var unitBefore: [UInt8]
  var unitAfter: [UInt8]
  /// What stands for several files, before and after.
  var joinedBefore: JoinedText?
  var joinedAfter: JoinedText?
  /// One-based lines of what is parsed, after, that the edits wrote.
  var newLines: Set<Int>
  /// Texts that stand in for files of the tree: those that earlier patches of the series changed.
  private let base: [String: [UInt8]]

  /// - Parameters:
  ///   - joined: what the input's file is when it stands for several
  ///   - base: texts that stand in for files of the tree, by absolute path
  init(
    _ proposal: Proposal,
    input: ParseInput,
    joined: JoinedText?,
    base: [String: [UInt8]],
    read: (String) -> [UInt8]?
  ) throws(SuggestError) {
    self.proposal = proposal
    self.input = input
    self.base = base
    before = [:]
    after = [:]
    let all = joined?.separated(proposal.edits) ?? proposal.edits
    for path in Set(all.map(\.path)) {
      guard let bytes = base[path] ?? read(path) else {
        throw SuggestError("\(path) cannot be read")
      }
      let edits = all.filter { $0.path == path }
      guard let changed = SourceEdit.apply(edits, to: bytes) else {
        throw SuggestError("the edits of \(path) overlap")
      }
      before[path] = bytes
      after[path] = changed
    }
    let own = proposal.edits.filter { $0.path == input.path }
    guard let unit = joined?.bytes ?? before[input.path] ?? base[input.path] ?? read(input.path),
      let changed = SourceEdit.apply(own, to: unit)
    else { throw SuggestError("\(input.path) cannot be read") }
    unitBefore = unit
    unitAfter = changed
    newLines = Self.lines(of: own, in: changed)
    joinedBefore = joined
    joinedAfter = joined?.replacing(after)
  }

  /// The C files that are looked at one by one: all that what is parsed stands for.
  var units: [String] { joinedBefore?.parts.map(\.path) ?? [input.path] }

  /// All that stands in for files of the tree, before and after.
  var textsBefore: [String: [UInt8]] { base }
  var textsAfter: [String: [UInt8]] { base.merging(after) { $1 } }

  private static func lines(of edits: [SourceEdit], in changed: [UInt8]) -> Set<Int> {
    var shift = 0
    var lines: Set<Int> = []
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      let start = edit.range.lowerBound + shift
      let count = edit.replacement.utf8.count
      shift += count - edit.range.count
      guard count > 0 else { continue }
      let first = changed[..<start].count { $0 == 0x0a } + 1
      let text = changed[start..<min(start + count, changed.count)]
      // What an inserted line ends with is not a line of its own.
      let breaks = text.count { $0 == 0x0a } - (text.last == 0x0a ? 1 : 0)
      lines.formUnion(first...(first + max(breaks, 0)))
    }
    return lines
  }
}
