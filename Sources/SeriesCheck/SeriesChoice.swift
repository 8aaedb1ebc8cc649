// SPDX-License-Identifier: GPL-2.0-only

public import Findings
public import PatchSeries

/// The one series that a run is about, and what speaks against having chosen it.
public struct SeriesChoice: Sendable {
  public var series: Series
  public var findings: [Finding]

  /// Chooses the newest version of the largest series, unless the user named another.
  ///
  /// Whatever makes the choice doubtful is a finding; nothing is guessed in silence.
  ///
  /// - Parameter version: the version the user wants
  /// - Parameter title: part of the title of the series the user wants
  public init(
    from assembler: SeriesAssembler,
    version: Int? = nil,
    title: String? = nil
  ) throws(SeriesChoiceError) {
    var families = assembler.postingsBySeries.filter { Self.size(of: $0) > 0 }
    if let title {
      families = families.filter { $0.contains { $0.title.contains(title) } }
      guard !families.isEmpty else {
        throw SeriesChoiceError(message: "no series has '\(title)' in its title")
      }
    }
    guard let family = families.max(by: { Self.size(of: $0) < Self.size(of: $1) }) else {
      throw SeriesChoiceError(message: "no mail holds a patch")
    }
    findings = []
    if families.count > 1 { findings.append(Self.mixed(families, chosen: family)) }
    let versions = Set(family.map(\.version)).sorted()
    let wanted = version ?? versions.last ?? 1
    let candidates = family.filter { $0.version == wanted }
    guard let chosen = candidates.max(by: { $0.patches.count < $1.patches.count }) else {
      throw SeriesChoiceError(
        message: "there is no version \(wanted) of '\(family[0].title)', only "
          + versions.map { "v\($0)" }.joined(separator: ", ")
      )
    }
    series = chosen
    if version == nil, versions.count > 1 {
      findings.append(Self.ambiguous(chosen, versions: versions))
    }
    findings += Self.completeness(of: chosen)
  }

  private static func size(of family: [Series]) -> Int { family.map(\.patches.count).max() ?? 0 }

  private static func mixed(_ families: [[Series]], chosen: [Series]) -> Finding {
    let others = families.filter { $0 != chosen }.compactMap(\.last)
    let titles = others.prefix(5).map { "'\($0.title)'" }
    let more = others.count > 5 ? " and \(others.count - 5) more" : ""
    let place = chosen.last?.location
    return Finding(
      id: "series-mixed",
      severity: .error,
      location: place?.source ?? SourceLocation(path: "", line: 0),
      message: "besides '\(chosen.last?.title ?? "")' the mails hold "
        + titles.joined(separator: ", ") + more,
      related: others.prefix(20).map {
        Finding.Related(location: $0.location.source, message: "'\($0.title)'")
      },
      patch: place?.patch,
      context: titles.joined()
    )
  }

  private static func ambiguous(_ series: Series, versions: [Int]) -> Finding {
    let list = versions.map { "v\($0)" }.joined(separator: ", ")
    return Finding(
      id: "series-version-ambiguous",
      severity: .error,
      location: series.location.source,
      message: "the mails hold \(list) of the series; v\(series.version) was taken",
      patch: series.location.patch,
      context: list
    )
  }

  /// Gaps, rivals for one number, and numbers beyond the total.
  public static func completeness(of series: Series) -> [Finding] {
    let place = series.location
    var result: [Finding] = []
    let missing = series.missingNumbers
    if !missing.isEmpty {
      let isOne = missing.count == 1
      result.append(
        Finding(
          id: "series-gap",
          severity: .error,
          location: place.source,
          message: "\(isOne ? "patch" : "patches") \(ranges(missing)) of \(series.total) "
            + "\(isOne ? "is" : "are") missing",
          patch: place.patch,
          context: ranges(missing)
        )
      )
    }
    for number in Set(series.contestedNumbers + series.excessNumbers).sorted() {
      let rivals = series.patches.filter { $0.number == number }
      guard let first = rivals.first else { continue }
      let message =
        number > series.total
        ? "a patch has number \(number), but the series has \(series.total)"
        : "\(rivals.count) mails claim to be patch \(number) of \(series.total)"
      result.append(
        Finding(
          id: "series-duplicate",
          severity: .error,
          location: SourceLocation(path: first.mail.path, line: first.mail.firstLine),
          message: message,
          related: rivals.dropFirst().map {
            Finding.Related(
              location: SourceLocation(path: $0.mail.path, line: $0.mail.firstLine),
              message: "'\($0.mail.title)'"
            )
          },
          patch: first.location(in: series),
          context: "\(number)"
        )
      )
    }
    return result
  }

  /// `2, 4-6, 9`.
  private static func ranges(_ numbers: [Int]) -> String {
    var parts: [String] = []
    var index = 0
    while index < numbers.count {
      let first = numbers[index]
      while index + 1 < numbers.count, numbers[index + 1] == numbers[index] + 1 { index += 1 }
      parts.append(first == numbers[index] ? "\(first)" : "\(first)-\(numbers[index])")
      index += 1
    }
    return parts.joined(separator: ", ")
  }
}

/// A wish that no series fulfils.
public struct SeriesChoiceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Lower case, no full stop.
  public var message: String
  public var description: String { message }
}
