// SPDX-License-Identifier: GPL-2.0-only

/// A header without the bodies of its functions, and what it includes, found in one quick pass.
///
/// Only what is beyond doubt is a body: one of a `static` function, with braces that match and no
/// preprocessor line in it, and no `;` after it. ``NameTable/lex(_:)`` says more, and takes ten times as long.
public struct HeaderText: Sendable {
  /// An `#include`, whatever the conditions around it.
  public struct Include: Sendable, Hashable {
    public let path: String
    /// `<path>`, as opposed to `"path"`.
    public let isAngled: Bool

    public init(path: String, isAngled: Bool) {
      self.path = path
      self.isAngled = isAngled
    }
  }

  /// In the file's order.
  public let includes: [Include]
  /// The header with every body empty; offsets and lines stay what they were. Nil when it has none.
  public let bodiless: [UInt8]?

  public init(_ source: [UInt8]) {
    self = source.withUnsafeBufferPointer { Self($0) }
  }

  /// Nil when the file cannot be read.
  public init?(readingFrom path: String) {
    var buffer = FileBuffer(limitBytes: 64 << 20)
    guard let count = try? buffer.read(path) else { return nil }
    self = buffer.withBytes(count: count) { Self(SourceBytes(rebasing: $0[0..<count])) }
  }

  private init(_ source: SourceBytes) {
    var pass = HeaderPass(source)
    pass.run()
    includes = pass.includes
    guard !pass.bodies.isEmpty else {
      bodiless = nil
      return
    }
    var text = Array(source)
    text.withUnsafeMutableBufferPointer { text in
      for body in pass.bodies {
        for offset in body where text[offset] != ASCII.newline { text[offset] = ASCII.space }
      }
    }
    bodiless = text
  }
}

private struct HeaderPass {
  private let text: SourceBytes
  private(set) var includes: [HeaderText.Include] = []
  /// What stands between the braces, in order.
  private(set) var bodies: [Range<Int>] = []
  private var position = 0
  private var depth = 0
  private var startsLine = true
  /// The last byte that is neither space nor comment.
  private var last: UInt8 = 0
  private var declaration = Declaration()
  /// Past the brace of the function that is being read; nil within anything else.
  private var body: Int?
  /// What was read last, if it is a body unless a `;` follows: then a macro hides an initialiser.
  private var ended: Range<Int>?

  /// What the declaration outside all braces has had so far.
  private struct Declaration {
    var isStatic = false
    /// `struct`, `union` or `enum`, and no `*` after it: the braces may be those of the type.
    var mayDefineType = false
    var hasInitializer = false
  }

  init(_ text: SourceBytes) { self.text = text }

  /// Ends early at a brace that closes nothing: what follows is not what it seems.
  mutating func run() {
    while position < text.count {
      let byte = text[position]
      if byte.isIdentifierPart {
        identifier()
        continue
      }
      switch byte {
      case ASCII.newline: startsLine = true
      case ASCII.space, ASCII.tab: break
      case ASCII.slash:
        if let end = comment(at: position) {
          position = end
          continue
        }
        see(byte)
      case ASCII.quote, ASCII.apostrophe: literal(byte)
      case ASCII.hash where startsLine:
        directive()
        continue
      case ASCII.openBrace: open()
      case ASCII.closeBrace:
        guard depth > 0 else { return }
        close()
      default:
        if depth == 0 { punctuation(byte) }
        see(byte)
      }
      position += 1
    }
    if let ended { bodies.append(ended) }
  }

  private mutating func see(_ byte: UInt8) {
    if let ended {
      if byte != ASCII.semicolon, byte != ASCII.comma { bodies.append(ended) }
      self.ended = nil
    }
    last = byte
    startsLine = false
  }

  private mutating func punctuation(_ byte: UInt8) {
    switch byte {
    case ASCII.semicolon: declaration = Declaration()
    case ASCII.equals: declaration.hasInitializer = true
    case ASCII.star: declaration.mayDefineType = false
    default: break
    }
  }

  private mutating func open() {
    if depth == 0 {
      let isFunction =
        last == ASCII.closeParenthesis && declaration.isStatic && !declaration.mayDefineType
        && !declaration.hasInitializer
      body = isFunction ? position + 1 : nil
    }
    depth += 1
    see(ASCII.openBrace)
  }

  private mutating func close() {
    depth -= 1
    see(ASCII.closeBrace)
    guard depth == 0 else { return }
    ended = body.map { $0..<position }
    body = nil
    declaration = Declaration()
  }

  private mutating func identifier() {
    let start = position
    repeat { position += 1 } while position < text.count && text[position].isIdentifierPart
    if depth == 0, position - start <= 6 {
      let word = text[start..<position]
      if word.elementsEqual("static".utf8) {
        declaration.isStatic = true
      } else if word.elementsEqual("struct".utf8) || word.elementsEqual("union".utf8)
        || word.elementsEqual("enum".utf8)
      {
        // A parameter's type defines nothing.
        declaration.mayDefineType = last != ASCII.openParenthesis && last != ASCII.comma
      }
    }
    see(text[start])
  }

  /// Stops at the end of a line that does not close it.
  private mutating func literal(_ delimiter: UInt8) {
    see(delimiter)
    while position + 1 < text.count, text[position + 1] != ASCII.newline {
      position += 1
      if text[position] == delimiter { return }
      if text[position] == ASCII.backslash, position + 1 < text.count { position += 1 }
    }
  }

  /// The offset past a comment that begins at `offset`; nil when none does.
  private func comment(at offset: Int) -> Int? {
    guard offset + 1 < text.count else { return nil }
    var end = offset + 2
    switch text[offset + 1] {
    case ASCII.star:
      while end + 1 < text.count, text[end] != ASCII.star || text[end + 1] != ASCII.slash {
        end += 1
      }
      return min(end + 2, text.count)
    case ASCII.slash:
      while end < text.count, text[end] != ASCII.newline || text[end - 1] == ASCII.backslash {
        end += 1
      }
      return end
    default: return nil
    }
  }

  /// Leaves off at the end of the line.
  private mutating func directive() {
    // A body with a preprocessor line in it is left alone.
    body = nil
    let start = position + 1
    while position < text.count, text[position] != ASCII.newline {
      if let end = text[position] == ASCII.slash ? comment(at: position) : nil {
        position = end
      } else {
        position += max(1, text.continuationLength(at: position))
      }
    }
    include(text[start..<min(position, text.count)])
  }

  private mutating func include(_ line: Slice<SourceBytes>) {
    var rest = line.drop { $0.isBlank }
    guard rest.starts(with: "include".utf8) else { return }
    rest = rest.dropFirst("include".utf8.count).drop { $0.isBlank }
    guard let delimiter = rest.first, delimiter == ASCII.quote || delimiter == ASCII.less,
      let end = rest.dropFirst().firstIndex(of: delimiter == ASCII.less ? ASCII.greater : delimiter)
    else { return }
    includes.append(
      HeaderText.Include(
        path: String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self),
        isAngled: delimiter == ASCII.less
      )
    )
  }
}
