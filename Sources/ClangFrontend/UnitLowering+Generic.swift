// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

/// `_Generic`: libclang shows the expressions, and not which of them was selected.
extension UnitLowering {
  /// The selected association has the type of the whole. Where several have it, the type that stands
  /// before them in the text tells.
  func genericSelection(_ cursor: CXCursor) -> CExpression {
    if let value = cursor.foldedInteger { return make(.integer(value), cursor) }
    let parts = parts(of: cursor)
    let key = clang_getCanonicalType(cursor.type).data.0
    let candidates = parts.dropFirst().filter {
      clang_getCanonicalType($0.type).data.0 == key
    }
    if candidates.count == 1 { return expression(candidates[0]) }
    guard let control = parts.first, !candidates.isEmpty else {
      return unsupported("_Generic", cursor)
    }
    let wanted = names(of: control.type)
    let labels = candidates.map { associationType($0) }
    let selected = labels.indices.filter { labels[$0].map(wanted.contains) ?? false }
    if selected.count == 1 { return expression(candidates[selected[0]]) }
    // The default is left when every other type is one that C itself names.
    let others = labels.filter { $0 != "default" }
    guard selected.isEmpty, let fallback = labels.firstIndex(of: "default"),
      others.allSatisfy({ $0.map(Self.isPlain) ?? false })
    else { return unsupported("_Generic", cursor) }
    return expression(candidates[fallback])
  }

  /// How a type may be written, without qualifiers.
  private func names(of type: CXType) -> Set<String> {
    let spellings = [type, clang_getCanonicalType(type)].map {
      String(consuming: clang_getTypeSpelling($0))
    }
    return Set(spellings.map { Self.normalized($0) })
  }

  private static let qualifiers: Set<Substring> = ["const", "volatile", "restrict"]

  /// One order of the words, and none of the qualifiers of the type itself.
  private static func normalized(_ text: String) -> String {
    let isPointer = text.contains("*")
    let spaced = text.replacing("*", with: " * ")
    let words = spaced.split(whereSeparator: \.isWhitespace)
    guard !isPointer else { return words.joined(separator: " ") }
    var plain = words.filter { !qualifiers.contains($0) }
    if plain.count > 1, !plain.contains("char") {
      plain.removeAll { $0 == "int" || $0 == "signed" }
    }
    return plain.sorted().joined(separator: " ")
  }

  private static let plainWords: Set<Substring> = [
    "char", "short", "int", "long", "signed", "unsigned", "_Bool", "void", "float", "double", "*",
    "const", "volatile",
  ]

  private static func isPlain(_ label: String) -> Bool {
    label.split(separator: " ").allSatisfy(plainWords.contains)
  }

  /// What stands before an association's expression: a type, or `default`; nil where a macro's
  /// argument begins the expression.
  private func associationType(_ expression: CXCursor) -> String? {
    var file: CXFile?
    var offset: UInt32 = 0
    let start = clang_getRangeStart(clang_getCursorExtent(expression))
    clang_getSpellingLocation(start, &file, nil, nil, &offset)
    var size = 0
    guard let file, let contents = clang_getFileContents(unit, file, &size), Int(offset) <= size
    else { return nil }
    let bytes = UnsafeRawBufferPointer(start: contents, count: Int(offset))
    var end = bytes.count
    while end > 0, Self.isBlank(bytes[end - 1]) { end -= 1 }
    while end > 0, bytes[end - 1] == UInt8(ascii: "(") { end -= 1 }
    guard end > 0, bytes[end - 1] == UInt8(ascii: ":") else { return nil }
    end -= 1
    var first = end
    while first > 0, bytes[first - 1] != UInt8(ascii: ","), end - first < 128 { first -= 1 }
    guard first > 0, bytes[first - 1] == UInt8(ascii: ",") else { return nil }
    let text = String(decoding: bytes[first..<end], as: UTF8.self).replacing("\\", with: " ")
    return Self.normalized(text)
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\\")].contains(byte)
  }
}
