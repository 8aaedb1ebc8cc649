// SPDX-License-Identifier: GPL-2.0-only

internal import PatchSeries

/// The C files outside a series that use what its patches change in headers, and the few of them
/// that are parsed.
public struct HeaderUsers: Sendable {
  /// How many users of one changed declaration are parsed: what breaks one breaks the next.
  private static let usersPerName = 2
  /// How many are parsed for all patches together.
  private static let maximum = 24

  /// What the patches change, remove or add in headers; in order.
  let changedNames: [String]
  /// By the index of the patch.
  private var chosen: [[String]] = []
  /// All of them, parsed or not.
  private var all: Set<String> = []

  init(of headers: [[TouchedHeader]], in knowledge: NameKnowledge, notIn run: SeriesRun) {
    changedNames = headers.joined().reduce(into: Set()) { $0.formUnion($1.declarations) }.sorted()
    let series = Set(
      run.steps.flatMap { $0.patch.mail.diffs }.flatMap { [$0.oldPath, $0.newPath] }
        .compactMap { $0 }
    )
    let outside = knowledge.users.filter { !series.contains($0.path) && Self.isBuilt($0.path) }
      .sorted { $0.path < $1.path }
    var left = Self.maximum
    for touched in headers {
      var paths: [String] = []
      for header in touched where left > 0 {
        let some = choose(header, from: outside).filter { !paths.contains($0) }.prefix(left)
        left -= some.count
        paths += some
      }
      chosen.append(paths)
    }
  }

  func chosen(at index: Int) -> [String] { chosen[index] }

  /// How many of the files were parsed; nil when there are none.
  func notice(parsed: Int) -> String? {
    all.isEmpty
      ? nil
      : "files outside the series that use what it changes in headers: \(all.count), "
        + "\(parsed) of them parsed"
  }

  /// For each changed declaration the first files that use it: those that include the header
  /// themselves, before others, and what every configuration may build, before architectures.
  private mutating func choose(
    _ header: TouchedHeader,
    from files: [NameKnowledge.NameUser]
  ) -> [String] {
    let users = files.filter { !$0.names.isDisjoint(with: header.declarations) }
    all.formUnion(users.map(\.path))
    let ranked = users.enumerated().sorted {
      (Self.rank($0.element, header), $0.offset) < (Self.rank($1.element, header), $1.offset)
    }.map(\.element)
    var result: [String] = []
    var counts: [String: Int] = [:]
    for name in header.declarations.sorted() {
      for user in ranked where user.names.contains(name) {
        guard counts[name, default: 0] < Self.usersPerName else { break }
        if result.contains(user.path) { continue }
        result.append(user.path)
        for used in user.names { counts[used, default: 0] += 1 }
      }
    }
    return result
  }

  private static func rank(_ user: NameKnowledge.NameUser, _ header: TouchedHeader) -> Int {
    let includes =
      user.includes.contains(header.includeName)
      || user.includes.contains(header.path.split(separator: "/").last.map(String.init) ?? "")
    return (user.path.hasPrefix("arch/") ? 2 : 0) + (includes ? 0 : 1)
  }

  /// What is for the machine that builds the kernel is not of the kernel.
  private static func isBuilt(_ path: String) -> Bool {
    !["tools/", "scripts/", "Documentation/", "usr/", "samples/"].contains(where: path.hasPrefix)
  }
}
