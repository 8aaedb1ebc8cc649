// SPDX-License-Identifier: GPL-2.0-only

public import PatchSeries

/// A range-diff as lines of text.
public struct RangeDiffText: Sendable {
  private let diff: RangeDiff
  private let old: Series
  private let new: Series

  public init(_ diff: RangeDiff, old: Series, new: Series) {
    self.diff = diff
    self.old = old
    self.new = new
  }

  public func lines(showingChanges: Bool) -> [String] {
    var result = ["v\(old.version) '\(old.title)' -> v\(new.version) '\(new.title)'"]
    for pair in diff.pairs {
      let left = number(pair.old, of: old)
      let right = number(pair.new, of: new)
      let title = (pair.new ?? pair.old)?.mail.title ?? ""
      result.append("\(left) \(pair.kind.rawValue) \(right) \(title)")
      guard showingChanges else { continue }
      for line in pair.changes {
        result.append(
          line.mark == .heading ? "    @@ \(line.text)" : "    \(line.mark.rawValue)\(line.text)"
        )
      }
    }
    let kinds = Dictionary(grouping: diff.pairs, by: \.kind).mapValues(\.count)
    result.append(
      "\(kinds[.same] ?? 0) unchanged, \(kinds[.changed] ?? 0) changed, "
        + "\(kinds[.dropped] ?? 0) dropped, \(kinds[.added] ?? 0) new"
    )
    return result
  }

  private func number(_ patch: Series.Patch?, of series: Series) -> String {
    let width = String(series.total).count
    let digits = patch.map { String($0.number) } ?? "-"
    return String(repeating: " ", count: max(0, width - digits.count)) + digits + "/\(series.total)"
  }
}
