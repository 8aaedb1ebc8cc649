// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// Patches that change the same files, one on top of the other.
struct PatchStack {
  /// Texts of all changed files, by path relative to the tree, before the first patch.
  private(set) var before: [String: Data] = [:]
  /// After the last one.
  private(set) var after: [String: Data] = [:]

  /// Puts a patch on top.
  ///
  /// - Returns: a file that the patch expects to be otherwise than the ones below leave it, and then
  ///   the stack is as it was; nil when the patch fits
  mutating func push(_ emission: SuggestResult.Emission) -> String? {
    let other = emission.before.keys.sorted().first { path in
      after[path].map { $0 != emission.before[path] } ?? false
    }
    guard other == nil else { return other }
    before.merge(emission.before) { first, _ in first }
    after.merge(emission.after) { $1 }
    return nil
  }

  /// - Throws: when one does not fit, since the two are of different drivers
  init(_ emissions: some Sequence<SuggestResult.Emission>) throws(SuggestError) {
    for emission in emissions {
      guard let path = push(emission) else { continue }
      throw SuggestError(
        "patches of two drivers change \(path)",
        remedy: "run suggest on one driver, apply its patches, and run it again"
      )
    }
  }

  init() {}
}
