// SPDX-License-Identifier: GPL-2.0-only

/// One posting of a series of patches.
public struct Series: Hashable, Sendable {
  public var version: Int
  /// How many patches the tags promise; the number of patches found when the tags say nothing.
  public var total: Int
  public var cover: Mail?
  /// In the order of their numbers; a number may be missing or have several candidates.
  public var patches: [Patch]
  public var prefixes: [String]

  /// One patch of a series, and what was answered to it.
  public struct Patch: Hashable, Sendable {
    /// One-based.
    public var number: Int
    public var mail: Mail
    public var trailers: [ReplyTrailer] = []
  }

  /// Trailers that were given to the whole series, in answer to its cover letter.
  public var coverTrailers: [ReplyTrailer] = []

  /// What to call the series.
  public var title: String { (cover ?? patches.first?.mail)?.title ?? "" }

  public var missingNumbers: [Int] {
    let present = Set(patches.map(\.number))
    guard total >= 1 else { return [] }
    return (1...min(total, SeriesAssembler.maximumTotal)).filter { !present.contains($0) }
  }

  /// Numbers for which more than one mail claims to be the patch.
  public var contestedNumbers: [Int] {
    Dictionary(grouping: patches, by: \.number).filter { $0.value.count > 1 }.keys.sorted()
  }

  /// Numbers that the tags rule out.
  public var excessNumbers: [Int] { patches.map(\.number).filter { $0 > total } }
}

/// A trailer that somebody gave, in a reply, to a patch or a whole series.
public struct ReplyTrailer: Hashable, Sendable {
  /// `Reviewed-by`, `Fixes`, …; `NAK` for a refusal in words.
  public var key: String
  public var value: String
  /// Who sent the reply.
  public var sender: String
  /// The version of the series that the reply answers.
  public var version: Int
  /// The file and line of the reply.
  public var path: String
  public var line: Int?

  /// The key of a refusal in words.
  static let refusalKey = "NAK"

  /// A refusal is shown, never counted with the approvals.
  public var isRefusal: Bool {
    key == Self.refusalKey || ["nacked-by", "naked-by", "nak-by"].contains(key.lowercased())
  }
}
