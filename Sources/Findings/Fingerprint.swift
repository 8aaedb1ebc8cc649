// SPDX-License-Identifier: GPL-2.0-only

extension CheckReport {
  /// One identity for each finding, in the findings' order, that survives shifted lines.
  ///
  /// Findings that agree in everything but the line are told apart by counting them down the
  /// file, so removing one of several equal findings does not make the others look new, except
  /// for the last.
  public var fingerprints: [String] {
    let order = findings.indices.sorted {
      let (left, right) = (findings[$0].location, findings[$1].location)
      return (left.line, left.column ?? 0, $0) < (right.line, right.column ?? 0, $1)
    }
    var occurrences: [String: Int] = [:]
    var fingerprints = Array(repeating: "", count: findings.count)
    for index in order {
      let text = findings[index].fingerprintText
      occurrences[text, default: 0] += 1
      fingerprints[index] = "\(hexadecimalHash(of: text)):\(occurrences[text, default: 0])"
    }
    return fingerprints
  }
}

/// FNV-1a of 64 bits: the same on every machine and in every release, unlike Swift's `Hasher`.
private func hexadecimalHash(of text: String) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in text.utf8 {
    hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
