// SPDX-License-Identifier: GPL-2.0-only

/// A named reason to convert a mapping call, to look at it, or to leave it alone.
public struct VerdictRule: Sendable, Hashable {
  /// A fact that must hold, or must not.
  public struct Condition: Sendable, Hashable {
    public var fact: SiteFacts.Fact
    public var holds: Bool

    public init(_ fact: SiteFacts.Fact, holds: Bool) {
      self.fact = fact
      self.holds = holds
    }
  }

  public var id: String
  public var title: String
  public var documentation: String
  public var siteClass: SiteClass
  public var verdict: Verdict
  public var conditions: [Condition]
  /// One sentence that a maintainer would accept, lower case, no full stop; `{builder}` and the like
  /// stand for the site's own words.
  public var sentence: String

  public init(
    id: String,
    title: String,
    documentation: String,
    siteClass: SiteClass,
    verdict: Verdict,
    conditions: [Condition],
    sentence: String
  ) {
    self.id = id
    self.title = title
    self.documentation = documentation
    self.siteClass = siteClass
    self.verdict = verdict
    self.conditions = conditions
    self.sentence = sentence
  }

  public func speaks(of site: SiteFacts) -> Bool {
    conditions.allSatisfy { site.facts.contains($0.fact) == $0.holds }
  }

  func classification(of site: SiteFacts) -> CallSite.Classification {
    var reason = sentence
    for (name, word) in site.words { reason = reason.replacing("{\(name)}", with: word) }
    return CallSite.Classification(rule: id, siteClass: siteClass, verdict: verdict, reason: reason)
  }
}

/// The rules that judge the mapping calls of a tree.
public struct VerdictRules: Sendable {
  private let rules: [VerdictRule]

  public init(_ rules: [VerdictRule]) { self.rules = rules }

  /// The rules that speak of a site; one, when they are complete and do not fight.
  public func speaking(of site: SiteFacts) -> [VerdictRule] { rules.filter { $0.speaks(of: site) } }

  /// The site with what the first rule that speaks of it says; nothing is claimed when none does.
  public func judged(_ site: CallSite) -> CallSite {
    guard let facts = site.facts else { return site }
    var site = site
    site.classification =
      speaking(of: facts).first?.classification(of: facts)
      ?? CallSite.Classification(
        rule: "none",
        siteClass: .unknown,
        verdict: .manual,
        reason: "no rule speaks of such a call"
      )
    return site
  }
}
