// SPDX-License-Identifier: GPL-2.0-only

/// Two versions of a series, patch by patch: what `git range-diff` shows of two branches.
public struct RangeDiff: Hashable, Sendable {
  public var pairs: [Pair]

  public struct Pair: Hashable, Sendable {
    /// Nil for a patch that one of the versions does not have.
    public var old: Series.Patch?
    public var new: Series.Patch?
    /// Nil when nothing was changed, or when there is no counterpart.
    public var changes: [Line]

    public var kind: Kind {
      if old == nil { return .added }
      if new == nil { return .dropped }
      return changes.isEmpty ? .same : .changed
    }
  }

  public enum Kind: String, Hashable, Sendable {
    case same = "="
    case changed = "!"
    case added = ">"
    case dropped = "<"
  }

  /// A line of the difference between two patches.
  public struct Line: Hashable, Sendable {
    public var mark: Mark
    public var text: String
  }

  public enum Mark: String, Hashable, Sendable {
    case context = " "
    case removed = "-"
    case inserted = "+"
    /// Which file or part the lines below belong to.
    case heading = "@"
  }

  /// Pairs patches of one title, then those whose changed lines are most alike, half at least.
  public init(_ old: Series, _ new: Series) {
    var partner: [Int: Int] = [:]
    var taken: Set<Int> = []
    func pair(_ new: Int, with old: Int) {
      guard partner[new] == nil, taken.insert(old).inserted else { return }
      partner[new] = old
    }
    for (index, patch) in new.patches.enumerated() {
      let match = old.patches.indices.first {
        !taken.contains($0) && old.patches[$0].mail.title == patch.mail.title
      }
      if let match { pair(index, with: match) }
    }
    let left = old.patches.indices.filter { !taken.contains($0) }
      .map { (index: $0, lines: old.patches[$0].changedLines) }
    let candidates = new.patches.indices.filter { partner[$0] == nil }.flatMap { index in
      let lines = new.patches[index].changedLines
      return left.map { (new: index, old: $0.index, score: Self.similarity(lines, $0.lines)) }
    }
    for candidate in candidates.filter({ $0.score >= 0.5 }).sorted(by: { $0.score > $1.score }) {
      pair(candidate.new, with: candidate.old)
    }
    pairs = Self.ordered(old.patches, new.patches, partner).map { old, new in
      let changes = old.flatMap { old in new.map { Self.changes(old, $0) } }
      return Pair(old: old, new: new, changes: changes ?? [])
    }
  }

  /// In the order of the new version; a dropped patch stands as soon as all those before it have
  /// been shown (range-diff.c: output).
  private static func ordered(
    _ old: [Series.Patch],
    _ new: [Series.Patch],
    _ partner: [Int: Int]
  ) -> [(old: Series.Patch?, new: Series.Patch?)] {
    let kept = Set(partner.values)
    var result: [(old: Series.Patch?, new: Series.Patch?)] = []
    var shown: Set<Int> = []
    var next = 0
    func addDropped() {
      while next < old.count, shown.contains(next) || !kept.contains(next) {
        if !kept.contains(next) { result.append((old[next], nil)) }
        next += 1
      }
    }
    for (index, patch) in new.enumerated() {
      addDropped()
      result.append((partner[index].map { old[$0] }, patch))
      if let match = partner[index] { shown.insert(match) }
    }
    addDropped()
    return result
  }

  private static func similarity(_ left: Set<Bytes>, _ right: Set<Bytes>) -> Double {
    guard !left.isEmpty, !right.isEmpty else { return 0 }
    return Double(left.intersection(right).count) / Double(max(left.count, right.count))
  }

  /// The lines of context around a change.
  private static let context = 3

  /// Removed and inserted lines with their context, each run below a heading.
  private static func changes(_ old: Series.Patch, _ new: Series.Patch) -> [Line] {
    let all = difference(old.comparedLines, new.comparedLines)
    var result: [Line] = []
    var heading = ""
    var last: Int?
    for index in all.indices {
      let isNear = all[max(0, index - context)...min(all.count - 1, index + context)]
        .contains { $0.mark != .context }
      if isNear {
        if last.map({ $0 + 1 != index }) ?? true {
          result.append(Line(mark: .heading, text: heading))
        }
        result.append(Line(mark: all[index].mark, text: all[index].line.text))
        last = index
      }
      heading = all[index].line.heading ?? heading
    }
    return result
  }

  private static func difference(
    _ before: [ComparedLine],
    _ after: [ComparedLine]
  ) -> [(mark: Mark, line: ComparedLine)] {
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in after.map(\.text).difference(from: before.map(\.text)) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var all: [(mark: Mark, line: ComparedLine)] = []
    var left = 0
    var right = 0
    while left < before.count || right < after.count {
      if removed.contains(left) {
        all.append((.removed, before[left]))
        left += 1
      } else if inserted.contains(right) {
        all.append((.inserted, after[right]))
        right += 1
      } else {
        all.append((.context, before[left]))
        left += 1
        right += 1
      }
    }
    return all
  }
}

/// A line of a patch as two versions of it are compared.
private struct ComparedLine {
  var text: String
  /// What to call the lines below this one; nil for most.
  var heading: String?
}

extension Series.Patch {
  fileprivate var changedLines: Set<Bytes> {
    Set(
      mail.diffs.flatMap(\.hunks).flatMap(\.lines).filter { $0.kind != .context }
        .map { Bytes($0.text.trimmingBlanks) }.filter { !$0.isEmpty }
    )
  }

  /// Author, message and each file's hunks, without line numbers and blob ids, which change all the
  /// time.
  fileprivate var comparedLines: [ComparedLine] {
    func part(_ name: String) -> ComparedLine { ComparedLine(text: "## \(name) ##", heading: name) }
    let info = mail.info
    var lines = [part("author")]
    lines.append(
      ComparedLine(text: "\(info.authorName.lossyText) <\(info.authorEmail.lossyText)>")
    )
    lines += [part("commit message"), ComparedLine(text: mail.title), ComparedLine(text: "")]
    lines += info.message[...].trimmingTrailingBlanks.lines.map {
      ComparedLine(text: $0.trimmingTrailingBlanks.lossyText)
    }
    for diff in mail.diffs {
      lines.append(part(diff.summary))
      if let binary = diff.binary { lines.append(ComparedLine(text: binary.summary)) }
      for hunk in diff.hunks {
        let place = hunk.heading.isEmpty ? diff.path : "\(diff.path): \(hunk.heading)"
        lines.append(ComparedLine(text: "@@ \(place)", heading: place))
        for line in hunk.lines {
          lines.append(ComparedLine(text: line.kind.mark + line.text.withoutNewline.lossyText))
          if line.text.last != .newline {
            lines.append(ComparedLine(text: "\\ No newline at end of file"))
          }
        }
      }
    }
    return lines
  }
}

extension FileDiff {
  /// The path, and what the diff does to the file beside its lines.
  fileprivate var summary: String {
    let isMoved = oldPath != nil && newPath != nil && oldPath != newPath
    var text = isMoved ? "\(oldPath ?? "") => \(newPath ?? "")" : path
    if isCopy { text += " (copy)" }
    if isNew == true { text += " (new)" }
    if isDelete == true { text += " (deleted)" }
    let mode = newMode.map { String($0, radix: 8) }
    if isNew == true, let mode, newMode != TreeFile.regular { text += " (mode \(mode))" }
    if isNew != true, let mode, let oldMode, oldMode != newMode {
      text += " (mode change \(String(oldMode, radix: 8)) => \(mode))"
    }
    return text
  }
}

extension BinaryChange {
  fileprivate var summary: String {
    switch self {
    case .missing: "binary, without its data"
    case .literal(let data): "binary, \(data.count) bytes, \(BlobID.hex(of: data))"
    case .delta(let data): "binary, a delta of \(data.count) bytes, \(BlobID.hex(of: data))"
    }
  }
}

extension Hunk.Kind {
  /// The mark of such a line in a diff.
  package var mark: String {
    switch self {
    case .context: " "
    case .deleted: "-"
    case .added: "+"
    }
  }
}
