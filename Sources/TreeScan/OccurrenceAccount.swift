// SPDX-License-Identifier: GPL-2.0-only

public import CallSites
public import KernelTree

/// What one occurrence of a catalogued name turned out to be; every occurrence is exactly one.
public enum OccurrenceClass: String, Sendable, Codable, CaseIterable {
  /// Found in the syntax tree, under the present configuration or with its conditions decided.
  case call
  case definition
  case declaration
  /// The name or the body of a `#define`.
  case macroBody = "macro-body"
  /// The function's address, or another use of the name that calls nothing.
  case addressTaken = "address-taken"
  /// A member, variable or tag of another kind that has the same name.
  case otherName = "other-name"
  case comment
  case string
  /// Under a condition that no parse could satisfy.
  case inactive
  /// In text that no parse made sense of.
  case unparsed
}

/// One occurrence and its class.
public struct AccountedOccurrence: Sendable {
  public var occurrence: Occurrence
  public var occurrenceClass: OccurrenceClass
  /// Why it is inactive or unparsed; the conditions or the parser's first error.
  public var reason: String?
}

/// The occurrences of one file with what became of each.
public struct FileAccount: Sendable {
  public var path: String
  public var occurrences: [AccountedOccurrence]
  /// Calls of the syntax tree, and calls that only the lexer saw.
  public var sites: [CallSite]
  /// Errors of the last parse; zero when no parse was needed.
  public var errorCount: Int
  public var firstError: String?
  /// Why the file was not parsed at all, when it should have been.
  public var failure: String?

  init(file: IndexedFile, facts: FileFacts?, failure: String?, remark: String?) {
    path = file.path
    self.failure = failure
    errorCount = facts?.errorCount ?? 0
    firstError = facts?.firstError
    var sites = facts?.sites ?? []
    let called = Set(sites.map(\.offset))
    let references = Set(facts?.references ?? [])
    let ownNames = Set(facts?.ownNames ?? [])
    let unparsed = Dictionary(
      (facts?.unparsed ?? []).map { ($0.offset, $0.reason) },
      uniquingKeysWith: { $1 }
    )
    occurrences = []
    for occurrence in file.source.occurrences {
      var account = AccountedOccurrence(occurrence: occurrence, occurrenceClass: .unparsed)
      if called.contains(occurrence.offset) {
        account.occurrenceClass = .call
      } else if references.contains(occurrence.offset) {
        account.occurrenceClass = .addressTaken
      } else if ownNames.contains(occurrence.offset) {
        account.occurrenceClass = .otherName
      } else if let settled = Self.lexicalClass(of: occurrence) {
        account.occurrenceClass = settled
      } else {
        let isConditional = !occurrence.conditions.isEmpty
        account.occurrenceClass = isConditional ? .inactive : .unparsed
        let reason = unparsed[occurrence.offset] ?? failure ?? remark ?? "outside every function"
        account.reason =
          isConditional
          ? "\(occurrence.conditions.map(\.text).joined(separator: " && ")): \(reason)" : reason
        if occurrence.isCallShaped {
          sites.append(CallSite(lexical: occurrence, in: file, reason: account.reason ?? reason))
        }
      }
      occurrences.append(account)
    }
    self.sites = sites.sorted { $0.offset < $1.offset }
  }

  /// The class that the lexer alone can be sure of.
  private static func lexicalClass(of occurrence: Occurrence) -> OccurrenceClass? {
    switch occurrence.lexicalClass {
    case .comment: return .comment
    case .string, .character: return .string
    case .macroName, .macroBody: return .macroBody
    case .directive: return .otherName
    case .code: break
    }
    switch occurrence.shape {
    case .definition: return .definition
    case .declaration: return .declaration
    case .member: return .otherName
    // Outside of functions a name without parentheses is an initialiser's.
    case .mention: return occurrence.function == nil ? .addressTaken : nil
    case .call, .memberCall: return nil
    }
  }
}
