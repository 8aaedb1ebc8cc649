// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

extension UnitLowering {
  func statement(_ cursor: CXCursor) -> CStatement {
    depth += 1
    defer { depth -= 1 }
    let kind = depth > Self.depthLimit ? .unsupported("nesting") : statementKind(cursor)
    return CStatement(kind: kind, span: span(cursor))
  }

  private func statementKind(_ cursor: CXCursor) -> CStatement.Kind {
    if cursor.isExpression { return .expression(expression(cursor)) }
    switch cursor.kind {
    case CXCursor_CompoundStmt: return .compound(cursor.children.map { statement($0) })
    case CXCursor_DeclStmt:
      return .declaration(
        cursor.children.filter { $0.kind == CXCursor_VarDecl }.map { declaration($0) }
      )
    case CXCursor_NullStmt: return .empty
    case CXCursor_BreakStmt: return .breakLoop
    case CXCursor_ContinueStmt: return .continueLoop
    case CXCursor_ReturnStmt: return .returnValue(parts(of: cursor).first.map { expression($0) })
    case CXCursor_GotoStmt: return .goTo(label(in: cursor))
    case CXCursor_IndirectGotoStmt:
      return parts(of: cursor).first.map { .computedGoTo(expression($0)) } ?? unsupported(cursor)
    case CXCursor_LabelStmt:
      return parts(of: cursor).last.map { .label(cursor.spelling, statement($0)) }
        ?? unsupported(cursor)
    case CXCursor_IfStmt: return branch(cursor)
    case CXCursor_WhileStmt:
      let parts = parts(of: cursor)
      guard parts.count == 2 else { return unsupported(cursor) }
      return .whileLoop(condition: expression(parts[0]), body: statement(parts[1]))
    case CXCursor_DoStmt:
      let parts = parts(of: cursor)
      guard parts.count == 2 else { return unsupported(cursor) }
      return .doLoop(body: statement(parts[0]), condition: expression(parts[1]))
    case CXCursor_ForStmt: return forLoop(cursor)
    case CXCursor_SwitchStmt:
      let parts = parts(of: cursor)
      guard parts.count == 2 else { return unsupported(cursor) }
      return .switchOn(expression(parts[0]), body: statement(parts[1]))
    case CXCursor_CaseStmt: return caseLabel(cursor)
    case CXCursor_DefaultStmt:
      return parts(of: cursor).last.map { .defaultLabel(statement($0)) } ?? unsupported(cursor)
    case CXCursor_GCCAsmStmt: return assembly(cursor)
    case CXCursor_UnexposedStmt:
      // A statement with an attribute, such as `__attribute__((fallthrough));`.
      let parts = parts(of: cursor)
      return parts.count == 1 ? statementKind(parts[0]) : unsupported(cursor)
    default: return unsupported(cursor)
    }
  }

  private func unsupported(_ cursor: CXCursor) -> CStatement.Kind {
    .unsupported(String(consuming: clang_getCursorKindSpelling(cursor.kind)))
  }

  /// The statements and expressions below `cursor`.
  func parts(of cursor: CXCursor) -> [CXCursor] { cursor.children.filter(\.isStatement) }

  func label(in cursor: CXCursor) -> String {
    cursor.children.first { $0.kind == CXCursor_LabelRef }?.spelling ?? ""
  }

  private func branch(_ cursor: CXCursor) -> CStatement.Kind {
    let parts = parts(of: cursor)
    guard parts.count == 2 || parts.count == 3 else { return unsupported(cursor) }
    return .branch(
      condition: expression(parts[0]),
      then: statement(parts[1]),
      otherwise: parts.count == 3 ? statement(parts[2]) : nil
    )
  }

  private func caseLabel(_ cursor: CXCursor) -> CStatement.Kind {
    let parts = parts(of: cursor)
    guard parts.count == 2 || parts.count == 3, let low = parts[0].foldedInteger else {
      return unsupported(cursor)
    }
    var high: Int64?
    if parts.count == 3 {
      guard let value = parts[1].foldedInteger else { return unsupported(cursor) }
      high = Int64(bitPattern: value)
    }
    return .caseLabel(
      low: Int64(bitPattern: low),
      high: high,
      statement(parts[parts.count - 1])
    )
  }

  // MARK: for

  /// libclang leaves absent parts out without saying which. A part's place between the semicolons
  /// tells; in a loop that a macro's body wrote all parts share the place of the macro's use, and
  /// then what a part does must tell.
  private func forLoop(_ cursor: CXCursor) -> CStatement.Kind {
    var parts = parts(of: cursor)
    guard let body = parts.popLast(), parts.count <= 3 else { return unsupported(cursor) }
    var slots: [CXCursor?] = [nil, nil, nil]
    let place = span(cursor)
    if parts.count == 3 {
      slots = parts
    } else if !place.isMacroBody, let semicolons = semicolons(ofLoopAt: place) {
      for part in parts {
        let start = Int(span(part).start)
        slots[start < semicolons.0 ? 0 : start < semicolons.1 ? 1 : 2] = part
      }
    } else {
      var slot = 0
      for (number, part) in parts.enumerated() {
        if number == 0, !hasEffect(part) { slot = 1 }
        if number == 1, slot == 1, hasEffect(part) { slot = 2 }
        slots[slot] = part
        slot += 1
      }
    }
    return .forLoop(
      initializer: slots[0].map { statement($0) },
      condition: slots[1].map { expression($0) },
      step: slots[2].map { expression($0) },
      body: statement(body)
    )
  }

  /// Whether a part of a `for` is there for what it does rather than for its value.
  private func hasEffect(_ cursor: CXCursor) -> Bool {
    switch cursor.kind {
    case CXCursor_DeclStmt, CXCursor_CompoundAssignOperator: return true
    case CXCursor_BinaryOperator:
      let kind = clang_getCursorBinaryOperatorKind(cursor)
      if kind == CXBinaryOperator_Comma { return parts(of: cursor).last.map(hasEffect) ?? false }
      return kind == CXBinaryOperator_Assign
    case CXCursor_UnaryOperator:
      return [
        CXUnaryOperator_PreInc, CXUnaryOperator_PreDec, CXUnaryOperator_PostInc,
        CXUnaryOperator_PostDec,
      ].contains(clang_getCursorUnaryOperatorKind(cursor))
    default: return cursor.type.canonicalKind == CXType_Void
    }
  }

  /// Offsets of the two semicolons of the `for` whose keyword is at `place`.
  private func semicolons(ofLoopAt place: SourceSpan) -> (Int, Int)? {
    let text = text(of: place.file)
    var found: [Int] = []
    var nesting = 0
    var offset = Int(place.start)
    while offset < text.count, offset < Int(place.end) {
      switch text[offset] {
      case UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "["): nesting += 1
      case UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"):
        nesting -= 1
        if nesting == 0 { return nil }
      case UInt8(ascii: ";") where nesting == 1:
        found.append(offset)
        if found.count == 2 { return (found[0], found[1]) }
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        let quote = text[offset]
        offset += 1
        while offset < text.count, text[offset] != quote {
          offset += text[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
      case UInt8(ascii: "/") where offset + 1 < text.count && text[offset + 1] == UInt8(ascii: "*"):
        offset += 2
        while offset + 1 < text.count,
          !(text[offset] == UInt8(ascii: "*") && text[offset + 1] == UInt8(ascii: "/"))
        {
          offset += 1
        }
        offset += 1
      case UInt8(ascii: "/") where offset + 1 < text.count && text[offset + 1] == UInt8(ascii: "/"):
        while offset < text.count, text[offset] != UInt8(ascii: "\n") { offset += 1 }
      default: break
      }
      offset += 1
    }
    return nil
  }
}
