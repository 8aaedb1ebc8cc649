// SPDX-License-Identifier: GPL-2.0-only

public import CallSites
public import KernelTree

/// What a scan of a tree found.
public struct ScanResult: Sendable {
  public var tree: KernelTree
  /// `.c` and `.h` files that were searched.
  public var files: Int
  public var searchedBytes: Int
  public var notes: [TreeNote]
  /// Files with at least one occurrence, in order of their paths.
  public var accounts: [FileAccount]
  public var parsedFiles: Int
  public var cachedFiles: Int
  public var cacheError: String?

  /// Asks the rules about every mapping call.
  public mutating func judge(by rules: VerdictRules) {
    for index in accounts.indices {
      accounts[index].sites = accounts[index].sites.map(rules.judged)
    }
  }

  /// Every call, in order of path and place.
  public var sites: [CallSite] { accounts.flatMap(\.sites) }

  /// Occurrences by class; the sum is the number of occurrences.
  public var counts: [OccurrenceClass: Int] {
    accounts.reduce(into: [:]) { counts, account in
      for occurrence in account.occurrences { counts[occurrence.occurrenceClass, default: 0] += 1 }
    }
  }

  public var occurrences: Int { accounts.reduce(0) { $0 + $1.occurrences.count } }
}
