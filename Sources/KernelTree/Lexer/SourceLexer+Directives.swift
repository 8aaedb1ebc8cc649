// SPDX-License-Identifier: GPL-2.0-only

/// Preprocessor lines.
extension SourceLexer {
  mutating func directive() {
    let start = position
    let end = endOfDirective(from: start)
    let directive = Directive(text, start..<end)
    switch directive.keyword {
    case "if", "ifdef", "ifndef":
      finishDirective(directive)
      conditionals.begin(directive, line: lines.line(at: start))
      scopes.beginConditional(isDead: conditionals.isDead)
    case "elif", "elifdef", "elifndef", "else":
      finishDirective(directive)
      if conditionals.next(directive, line: lines.line(at: start)) {
        scopes.nextBranch(isElse: directive.keyword == "else", isDead: conditionals.isDead)
      } else {
        result.defects.append(
          LexicalDefect(kind: .strayConditional, line: lines.line(at: start))
        )
      }
    case "endif":
      finishDirective(directive)
      if conditionals.end() {
        scopes.endConditional()
      } else {
        result.defects.append(
          LexicalDefect(kind: .strayConditional, line: lines.line(at: start))
        )
      }
    case "define":
      finishDefine(directive)
    default:
      if directive.keyword == "include", let include = directive.included {
        result.includes.append(
          IncludeDirective(
            path: include.path,
            isAngled: include.isAngled,
            offset: start,
            line: lines.line(at: start),
            conditions: conditionals.conditions
          )
        )
      }
      finishDirective(directive)
    }
    conditionals.sawDirective(directive)
    result.directives.append(directive.range)
    position = end
    startsLine = true
  }

  /// The end of the logical line at `offset`, before its newline. A comment within it may span
  /// lines.
  private func endOfDirective(from offset: Int) -> Int {
    var end = offset
    while end < text.count, text[end] != ASCII.newline {
      let byte = text[end]
      if byte == ASCII.quote || byte == ASCII.apostrophe {
        end = endOfLiteral(from: end)
      } else if let commentEnd = comment(at: end) {
        end = commentEnd
      } else {
        end += max(1, text.continuationLength(at: end))
      }
    }
    return min(end, text.count)
  }

  private mutating func finishDirective(_ directive: Directive) {
    guard nextHit < hits.count, hits[nextHit].range.lowerBound < directive.range.upperBound
    else { return }
    placeWithin(directive.range, lexicalClass: .directive, macro: nil)
  }

  private mutating func finishDefine(_ directive: Directive) {
    guard let name = directive.definedName else {
      finishDirective(directive)
      return
    }
    let macro = text.identifier(name)
    result.macros.append(
      MacroRange(name: macro, body: name.upperBound..<directive.range.upperBound)
    )
    guard nextHit < hits.count, hits[nextHit].range.lowerBound < directive.range.upperBound
    else { return }
    placeWithin(directive.range.lowerBound..<name.lowerBound, lexicalClass: .directive, macro: nil)
    placeWithin(name, lexicalClass: .macroName, macro: macro)
    placeWithin(
      name.upperBound..<directive.range.upperBound,
      lexicalClass: .macroBody,
      macro: macro
    )
  }

  private mutating func placeWithin(
    _ range: Range<Int>,
    lexicalClass: LexicalClass,
    macro: String?
  ) {
    var offset = range.lowerBound
    var previous: Int?
    while offset < range.upperBound, nextHit < hits.count,
      hits[nextHit].range.lowerBound < range.upperBound
    {
      let byte = text[offset]
      if byte == ASCII.quote || byte == ASCII.apostrophe {
        offset = min(endOfLiteral(from: offset), range.upperBound)
        place(upTo: offset, as: byte == ASCII.quote ? .string : .character, macro: macro)
        previous = offset - 1
      } else if let end = comment(at: offset) {
        offset = min(end, range.upperBound)
        place(upTo: offset, as: .comment, macro: macro)
      } else if byte.isIdentifierStart {
        let end = endOfIdentifier(from: offset)
        let shape = shapeOfIdentifier(offset..<end, after: previous, throughLines: false)
        place(upTo: end, as: lexicalClass, shape: shape, macro: macro)
        previous = end - 1
        offset = end
      } else {
        if byte.isDigit {
          offset = endOfNumber(from: offset)
          previous = offset - 1
        } else {
          if !byte.isBlank, byte != ASCII.backslash, byte != ASCII.newline { previous = offset }
          offset += 1
        }
      }
    }
  }
}
