// SPDX-License-Identifier: GPL-2.0-only

/// A line such as `Reviewed-by: A B <a@b>` at the end of a message.
public struct Trailer: Hashable, Sendable {
  public var key: String
  public var value: String

  /// Nil for a line that is no trailer.
  public init?(_ line: String) { self.init(Bytes(line)[...]) }

  init?(_ line: ByteSlice) {
    guard line.first.map(Self.isLetter) == true else { return nil }
    let name = line.prefix { Self.isLetter($0) || $0.isDigit || $0 == UInt8(ascii: "-") }
    let rest = line[name.endIndex...]
    guard rest.first == UInt8(ascii: ":"), let space = rest.dropFirst().first,
      space == .space || space == .tab
    else { return nil }
    let value = rest.dropFirst().trimmingBlanks
    guard !value.isEmpty else { return nil }
    key = name.lossyText
    self.value = value.lossyText
    guard isPersonal || Self.otherKeys.contains(key.lowercased()) else { return nil }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static let otherKeys: Set<String> = [
    "fixes", "link", "closes", "cc", "base-commit", "prerequisite-patch-id", "change-id",
    "message-id", "bugzilla", "depends-on", "to",
  ]

  /// `…-by`: somebody's name stands behind it.
  private var isPersonal: Bool { key.lowercased().hasSuffix("-by") }

  /// Kinds that somebody gives in a reply.
  var isReviewKind: Bool {
    isPersonal || ["fixes", "link", "closes"].contains(key.lowercased())
  }
}
