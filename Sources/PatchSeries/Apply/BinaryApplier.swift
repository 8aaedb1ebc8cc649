// SPDX-License-Identifier: GPL-2.0-only

/// Applies a binary change. Git wants both full ids and checks both contents against them, so that a
/// delta never lands on the wrong file.
enum BinaryApplier {
  struct Failure: Error {
    let problem: FileApplication.Problem
  }

  static func apply(
    _ change: BinaryChange,
    of diff: FileDiff,
    to content: Bytes
  ) -> Result<Bytes, Failure> {
    guard let oldID = diff.oldID, let newID = diff.newID, isFull(oldID), isFull(newID) else {
      if case .missing = change { return failure(.binaryWithoutData) }
      return failure(.binaryWithoutFullIndex)
    }
    if diff.oldPath != nil {
      let found = BlobID.hex(of: content)
      guard found == oldID else { return failure(.binaryMismatch(found: found, expected: oldID)) }
    }
    if newID.allSatisfy({ $0 == "0" }) { return .success([]) }
    let result: Bytes
    switch change {
    case .missing: return failure(.binaryWithoutData)
    case .literal(let bytes): result = bytes
    case .delta(let delta):
      guard let bytes = patched(content, with: delta) else { return failure(.binaryCorrupt) }
      result = bytes
    }
    let made = BlobID.hex(of: result)
    guard made == newID else { return failure(.binaryMismatch(found: made, expected: newID)) }
    return .success(result)
  }

  private static func failure(_ problem: FileApplication.Problem) -> Result<Bytes, Failure> {
    .failure(Failure(problem: problem))
  }

  private static func isFull(_ id: String) -> Bool {
    id.utf8.count == 40 && id.utf8.allSatisfy(\.isHexDigit)
  }

  /// Runs the copy and insert instructions of a pack delta. Nil when they do not fit.
  private static func patched(_ source: Bytes, with delta: Bytes) -> Bytes? {
    var index = 0
    func next() -> Int? {
      guard index < delta.count else { return nil }
      defer { index += 1 }
      return Int(delta[index])
    }
    func size() -> Int? {
      var value = 0
      var shift = 0
      while let byte = next(), shift < 56 {
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte & 0x80 == 0 { return value }
      }
      return nil
    }
    guard size() == source.count, let resultSize = size() else { return nil }
    var out = Bytes()
    while let instruction = next() {
      if instruction & 0x80 != 0 {
        var offset = 0
        var length = 0
        for bit in 0..<4 where instruction & (1 << bit) != 0 {
          guard let byte = next() else { return nil }
          offset |= byte << (8 * bit)
        }
        for bit in 0..<3 where instruction & (0x10 << bit) != 0 {
          guard let byte = next() else { return nil }
          length |= byte << (8 * bit)
        }
        if length == 0 { length = 0x10000 }
        guard offset + length <= source.count, out.count + length <= resultSize else { return nil }
        out.append(contentsOf: source[offset..<(offset + length)])
      } else {
        guard instruction > 0, index + instruction <= delta.count,
          out.count + instruction <= resultSize
        else { return nil }
        out.append(contentsOf: delta[index..<(index + instruction)])
        index += instruction
      }
    }
    return out.count == resultSize ? out : nil
  }
}
