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

  /// Pairs patches of one title, then patches that change mostly the same lines.
  public init(_ old: Series, _ new: Series) {
    var partner: [Int: Int] = [:]
    var taken: Set<Int> = []
    for (index, patch) in new.patches.enumerated() {
      let match = old.patches.indices.first {
        !taken.contains($0) && old.patches[$0].mail.title == patch.mail.title
      }
      guard let match else { continue }
      partner[index] = match
      taken.insert(match)
    }
    let fingerprints = old.patches.map(\.changedLines)
    for (index, patch) in new.patches.enumerated() where partner[index] == nil {
      let lines = patch.changedLines
      let best = old.patches.indices.filter { !taken.contains($0) }
        .map { (index: $0, score: Self.similarity(lines, fingerprints[$0])) }
        .max { $0.score < $1.score }
      guard let best, best.score >= 0.5 else { continue }
      partner[index] = best.index
      taken.insert(best.index)
    }
    pairs = new.patches.enumerated().map { index, patch in
      let counterpart = partner[index].map { old.patches[$0] }
      return Pair(
        old: counterpart,
        new: patch,
        changes: counterpart.map { Self.changes($0, patch) } ?? []
      )
    }
    // A dropped patch stands where it stood: before the first patch that followed it.
    for index in old.patches.indices.reversed() where !taken.contains(index) {
      let place = pairs.firstIndex { pair in
        guard let number = pair.old?.number else { return false }
        return number > old.patches[index].number
      }
      pairs.insert(
        Pair(old: old.patches[index], new: nil, changes: []),
        at: place ?? pairs.endIndex
      )
    }
  }

  private static func similarity(_ left: Set<Bytes>, _ right: Set<Bytes>) -> Double {
    guard !left.isEmpty, !right.isEmpty else { return 0 }
    return Double(left.intersection(right).count) / Double(max(left.count, right.count))
  }

  private static func changes(_ old: Series.Patch, _ new: Series.Patch) -> [Line] {
    var result: [Line] = []
    let sections = old.sections.map(\.name) + new.sections.map(\.name)
    var done: Set<String> = []
    for name in sections where done.insert(name).inserted {
      let before = old.sections.first { $0.name == name }?.lines ?? []
      let after = new.sections.first { $0.name == name }?.lines ?? []
      guard before != after else { continue }
      result.append(Line(mark: .heading, text: name))
      result += hunks(before, after)
    }
    return result
  }

  /// Removed and inserted lines with up to three lines of context.
  private static func hunks(_ before: [String], _ after: [String]) -> [Line] {
    let difference = after.difference(from: before)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var all: [Line] = []
    var left = 0
    var right = 0
    while left < before.count || right < after.count {
      if removed.contains(left) {
        all.append(Line(mark: .removed, text: before[left]))
        left += 1
      } else if inserted.contains(right) {
        all.append(Line(mark: .inserted, text: after[right]))
        right += 1
      } else {
        all.append(Line(mark: .context, text: before[left]))
        left += 1
        right += 1
      }
    }
    let context = 3
    return all.indices.filter { index in
      all[max(0, index - context)...min(all.count - 1, index + context)]
        .contains { $0.mark != .context }
    }.map { all[$0] }
  }
}

extension Series.Patch {
  fileprivate var changedLines: Set<Bytes> {
    Set(
      mail.diffs.flatMap(\.hunks).flatMap(\.lines).filter { $0.kind != .context }
        .map { Bytes($0.text.trimmingBlanks) }.filter { !$0.isEmpty }
    )
  }

  /// The message and each file's hunks, without line numbers, which change all the time.
  fileprivate var sections: [(name: String, lines: [String])] {
    let message =
      [mail.title, ""] + mail.info.message[...].lines.map { $0.withoutNewline.lossyText }
    let files = mail.diffs.map { diff in
      let lines = diff.hunks.flatMap { hunk in
        ["@@ \(hunk.heading)"]
          + hunk.lines.map { $0.kind.mark + $0.text.withoutNewline.lossyText }
      }
      return (name: diff.path, lines: lines)
    }
    return [(name: "commit message", lines: message)] + files
  }
}

extension Hunk.Kind {
  fileprivate var mark: String {
    switch self {
    case .context: " "
    case .deleted: "-"
    case .added: "+"
    }
  }
}
