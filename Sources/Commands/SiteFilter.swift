// SPDX-License-Identifier: GPL-2.0-only

public import ArgumentParser
public import CallSites
internal import KernelAPI

/// Which calls a scan looks for, and which of them it shows.
struct SiteFilter: ParsableArguments {
  @Option(
    name: .customLong("api"),
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Look only for these functions, families or roles of the catalogue.",
      discussion: "A word ending in * stands for all names that begin so."
    )
  )
  var apis: [String] = []

  @Option(name: .customLong("class"), parsing: .upToNextOption, help: "Show only these classes.")
  var classes: [SiteClass] = []

  @Option(name: .customLong("verdict"), parsing: .upToNextOption, help: "Show only these verdicts.")
  var verdicts: [Verdict] = []

  func validate() throws {
    for word in apis where Self.names(for: word).isEmpty {
      throw ValidationError(
        "--api \(word): no function, family or role of the catalogue; families are "
          + APIFamily.allCases.map(\.rawValue).joined(separator: ", ")
      )
    }
  }

  /// The names to account for.
  var names: [String] {
    apis.isEmpty
      ? APICatalogue.functions.map(\.name)
      : apis.flatMap(Self.names).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The roles that verdicts depend on and that `--api` leaves out, in part or altogether.
  var unseenRoles: [APIRole] {
    let seen = Set(names)
    return [.unmap, .syncForCPU, .syncForDevice, .iommuMap, .scatterBuild].filter { role in
      APICatalogue.functions.contains { $0.role == role && !seen.contains($0.name) }
    }
  }

  private static func names(for word: String) -> [String] {
    APICatalogue.functions.filter { function in
      if word.hasSuffix("*") { return function.name.hasPrefix(word.dropLast()) }
      return function.name == word || function.family.rawValue == word
        || function.role.rawValue == word
    }.map(\.name)
  }

  /// Whether a call is shown. A filter by class or verdict leaves mapping calls only.
  func shows(_ site: CallSite) -> Bool {
    guard !classes.isEmpty || !verdicts.isEmpty else { return true }
    guard let classification = site.classification else { return false }
    return (classes.isEmpty || classes.contains(classification.siteClass))
      && (verdicts.isEmpty || verdicts.contains(classification.verdict))
  }
}

extension SiteClass: ExpressibleByArgument {}
extension Verdict: ExpressibleByArgument {}
