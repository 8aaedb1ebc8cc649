// SPDX-License-Identifier: GPL-2.0-only

/// The tokens since the last declaration ended, outside braces: enough to tell a function's name.
struct DeclarationHeader {
  private struct Group {
    let name: Range<Int>
    let isAttribute: Bool
    /// Whether the name follows the closing parenthesis of the group before.
    let isAdjacent: Bool
    /// Whether a type or a `*` stands before the name.
    let hasType: Bool
  }

  private enum Last {
    case nothing
    case identifier
    case attribute
    case group
    case other
  }

  private var groups: [Group] = []
  private var last = Last.nothing
  private var lastIdentifier: Range<Int>?
  private var lastIsAttribute = false
  private var identifierFollowsGroup = false
  private var words = 0
  /// `struct`, `union` or `enum` after the last group: what follows is a type's members.
  private var tagAfterGroup = false
  /// The offset of the first token.
  private(set) var start: Int?
  var hasInitializer = false
  /// A structure's members came before.
  var hasBraces = false

  mutating func append(identifier range: Range<Int>, in text: SourceBytes) {
    if start == nil { start = range.lowerBound }
    identifierFollowsGroup = last == .group
    lastIdentifier = range
    lastIsAttribute = Self.isAttribute(text[range])
    if Self.isTag(text[range]) { tagAfterGroup = true }
    if !lastIsAttribute { words += 1 }
    last = .identifier
  }

  mutating func append(punctuation byte: UInt8, at offset: Int) {
    if start == nil { start = offset }
    if byte == ASCII.star { words += 1 }
    last = .other
  }

  mutating func open(_ isParenthesis: Bool, at offset: Int) {
    if start == nil { start = offset }
    guard isParenthesis, last == .identifier, let name = lastIdentifier else { return }
    groups.append(
      Group(
        name: name,
        isAttribute: lastIsAttribute,
        isAdjacent: identifierFollowsGroup,
        hasType: words > 1
      )
    )
    tagAfterGroup = false
  }

  mutating func close() {
    // What follows the attribute of a declarator still follows the declarator.
    let isLeading = groups.last.map { $0.isAttribute && !$0.isAdjacent } ?? false
    last = isLeading ? .attribute : .group
  }

  /// The name that a `{` at this place gives a body to.
  var definedName: Range<Int>? {
    guard !hasInitializer, !tagAfterGroup else { return nil }
    return declarator?.name
  }

  /// The offset of the name that a `;` at this place declares as a function.
  var declaredName: Int? {
    guard !hasInitializer, !hasBraces, let declarator, declarator.hasType else { return nil }
    return declarator.name.lowerBound
  }

  /// The last `name (…)` that is not an attribute; when several follow each other with nothing
  /// between, the first of them, as the others are annotations that are not known here.
  private var declarator: Group? {
    let candidates = groups.filter { !$0.isAttribute }
    guard var index = candidates.indices.last else { return nil }
    while index > 0, candidates[index].isAdjacent { index -= 1 }
    return candidates[index]
  }

  private static func isTag(_ word: some Collection<UInt8>) -> Bool {
    tags.contains { word.elementsEqual($0) }
  }

  private static func isAttribute(_ word: some Collection<UInt8>) -> Bool {
    guard word.first == UInt8(ascii: "_") || word.first == UInt8(ascii: "a") else { return false }
    return attributes.contains { word.elementsEqual($0) }
  }

  private static let tags = ["struct", "union", "enum"].map { Array($0.utf8) }

  // include/linux/compiler_attributes.h and compiler_types.h: those that take arguments.
  private static let attributes = [
    "__attribute__", "__attribute", "__printf", "__scanf", "__releases", "__acquires",
    "__cond_acquires", "__must_hold", "__section", "__aligned", "__alloc_size",
    "__assume_aligned", "__realloc_size", "__no_sanitize", "__diagnose_as", "__counted_by",
    "__cleanup", "__copy", "__nonnull", "__optimize", "__target", "__alias", "__weak_alias",
    "__malloc", "__format_arg", "__error", "__warning", "__bpf_kfunc", "asm", "__asm__",
    "__printf_like", "__context__", "__acquire_shared", "__no_context_analysis",
  ].map { Array($0.utf8) }
}
