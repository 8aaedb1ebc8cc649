// SPDX-License-Identifier: GPL-2.0-only

/// One of a table's names standing in a text as a whole identifier.
struct NameHit: Sendable, Hashable {
  /// Index into ``NameTable/names``.
  let name: Int
  /// Bytes of the text, line continuations within the identifier included.
  let range: Range<Int>
}

/// What one pass over a text found.
struct NameSearchResult {
  /// In ascending order.
  var hits: [NameHit] = []
  var hasNUL = false
  var hasHighBit = false
}

extension NameTable {
  /// Every identifier of the text that is one of the names, wherever it stands.
  ///
  /// `padded` is the text with at least 32 bytes after it that may be read and are ignored.
  func search(_ padded: SourceBytes, count: Int) -> NameSearchResult {
    var result = NameSearchResult()
    guard let base = padded.baseAddress, padded.count >= count + 32 else { return result }
    let text = SourceBytes(start: base, count: count)
    let patterns = anchors.map(AnchorPattern.init)
    let continuation = SIMD16<UInt8>(repeating: ASCII.backslash)
    let zero = SIMD16<UInt8>(repeating: 0)
    let none = SIMDMask<SIMD16<UInt8>.MaskStorage>(repeating: false)
    var seen = zero
    var nul = none
    // A byte order mark is no part of the first identifier.
    var resume = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let lowest = resume
    patterns.withUnsafeBufferPointer { patterns in
      let raw = UnsafeRawPointer(base)
      var offset = 0
      while offset + 16 <= count {
        let first = raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
        let second = raw.loadUnaligned(fromByteOffset: offset + 1, as: SIMD16<UInt8>.self)
        seen |= first
        nul .|= first .== zero
        var found = first .== continuation
        for pattern in patterns {
          found .|= (first .== pattern.first) .& (second .== pattern.second)
        }
        let halves = unsafeBitCast(found, to: SIMD2<UInt64>.self)
        if halves.x | halves.y != 0 {
          for half in 0..<2 {
            var lanes = UInt64(littleEndian: halves[half]) & 0x0101_0101_0101_0101
            while lanes != 0 {
              let position = offset + half * 8 + lanes.trailingZeroBitCount / 8
              lanes &= lanes - 1
              if position >= resume {
                examine(text, at: position, from: lowest, resume: &resume, hits: &result.hits)
              }
            }
          }
        }
        offset += 16
      }
      for position in offset..<max(offset, count) {
        seen[0] |= base[position]
        if base[position] == 0 { nul[0] = true }
        if position >= resume, isAnchor(base, at: position) {
          examine(text, at: position, from: lowest, resume: &resume, hits: &result.hits)
        }
      }
    }
    let nulHalves = unsafeBitCast(nul, to: SIMD2<UInt64>.self)
    result.hasNUL = nulHalves.x | nulHalves.y != 0
    result.hasHighBit = (0..<16).contains { seen[$0] >= 0x80 }
    return result
  }

  private func isAnchor(_ base: UnsafePointer<UInt8>, at position: Int) -> Bool {
    base[position] == ASCII.backslash
      || anchors.contains {
        base[position] == $0.first && base[position + 1] == $0.second
      }
  }

  /// Looks up the identifier that an anchor, or a line continuation, is part of.
  private func examine(
    _ text: SourceBytes,
    at position: Int,
    from lowest: Int,
    resume: inout Int,
    hits: inout [NameHit]
  ) {
    var start = position
    var spliced = false
    if text[position] == ASCII.backslash {
      // Only a continuation that splits an identifier matters here.
      guard position > 0, text[position - 1].isIdentifierPart, text.spliceLength(at: position) > 0
      else { return }
      spliced = true
    }
    while start > lowest {
      if text[start - 1].isIdentifierPart {
        start -= 1
      } else if case let length = text.spliceLength(before: start), length > 0 {
        start -= length
        spliced = true
      } else {
        break
      }
    }
    var end = position
    while end < text.count {
      if text[end].isIdentifierPart {
        end += 1
      } else if case let length = text.spliceLength(at: end), length > 0 {
        end += length
        spliced = true
      } else {
        break
      }
    }
    resume = end
    let name: Int?
    if spliced {
      name = index(of: text[start..<end].filter(\.isIdentifierPart))
    } else {
      name = index(of: text[start..<end])
    }
    if let name { hits.append(NameHit(name: name, range: start..<end)) }
  }
}

/// An anchor spread over the lanes of a vector.
private struct AnchorPattern {
  let first: SIMD16<UInt8>
  let second: SIMD16<UInt8>

  init(_ anchor: NameTable.Anchor) {
    first = SIMD16(repeating: anchor.first)
    second = SIMD16(repeating: anchor.second)
  }
}
