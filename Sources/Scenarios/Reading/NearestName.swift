// SPDX-License-Identifier: GPL-2.0-only

/// Finds the names that a misspelt one may have meant.
enum NearestName {
  /// At most three names, the nearest first; none when nothing is near.
  static func of(_ name: String, in known: some Sequence<String>) -> [String] {
    let limit = max(2, name.count / 3)
    return known.map { ($0, distance(name, $0)) }
      .filter { $0.1 <= limit }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
      .prefix(3).map(\.0)
  }

  /// Insertions, deletions and replacements that turn one into the other (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (index, byte) in left.utf8.prefix(64).enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let replaced = diagonal + (byte == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
