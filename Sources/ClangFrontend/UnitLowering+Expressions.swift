// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

extension UnitLowering {
  func expression(_ cursor: CXCursor) -> CExpression {
    // Parentheses and conversions that change nothing leave no trace.
    if cursor.kind == CXCursor_ParenExpr, let inner = parts(of: cursor).last {
      return nested { expression(inner) } ?? unsupported("nesting", cursor)
    }
    return nested { lowered(cursor) } ?? unsupported("nesting", cursor)
  }

  private func nested(_ body: () -> CExpression) -> CExpression? {
    guard depth < Self.depthLimit else { return nil }
    depth += 1
    defer { depth -= 1 }
    return body()
  }

  func make(_ kind: CExpression.Kind, _ cursor: CXCursor) -> CExpression {
    CExpression(kind: kind, type: type(cursor.type), span: span(cursor))
  }

  func unsupported(_ name: String, _ cursor: CXCursor) -> CExpression {
    make(.unsupported(name), cursor)
  }

  private func lowered(_ cursor: CXCursor) -> CExpression {
    switch cursor.kind {
    case CXCursor_IntegerLiteral, CXCursor_CharacterLiteral, CXCursor_UnaryExpr:
      return folded(cursor)
    case CXCursor_FloatingLiteral:
      return cursor.foldedDouble.map { make(.floating($0), cursor) } ?? unsupported(cursor)
    case CXCursor_StringLiteral: return make(.string(StringLiteral.bytes(cursor.spelling)), cursor)
    case CXCursor_DeclRefExpr: return reference(cursor)
    case CXCursor_MemberRefExpr: return member(cursor)
    case CXCursor_ArraySubscriptExpr: return subscription(cursor)
    case CXCursor_CallExpr: return call(cursor)
    case CXCursor_UnaryOperator: return unary(cursor)
    case CXCursor_BinaryOperator, CXCursor_CompoundAssignOperator: return binary(cursor)
    case CXCursor_ConditionalOperator:
      let parts = parts(of: cursor)
      guard parts.count == 3 else { return unsupported(cursor) }
      return make(
        .conditional(
          condition: expression(parts[0]),
          then: expression(parts[1]),
          otherwise: expression(parts[2])
        ),
        cursor
      )
    case CXCursor_CStyleCastExpr:
      // `(typeof(x))y` has x among its children too; what is cast comes last.
      guard let operand = parts(of: cursor).last else { return unsupported(cursor) }
      return make(.cast(expression(operand), isImplicit: false), cursor)
    case CXCursor_CompoundLiteralExpr:
      guard let value = parts(of: cursor).last else { return unsupported(cursor) }
      return make(.compoundLiteral(initializer(value, for: type(cursor.type))), cursor)
    case CXCursor_InitListExpr: return initializer(cursor, for: type(cursor.type))
    case CXCursor_StmtExpr:
      guard let body = parts(of: cursor).last, body.kind == CXCursor_CompoundStmt else {
        return unsupported(cursor)
      }
      return make(.statementExpression(body.children.map { statement($0) }), cursor)
    case CXCursor_AddrLabelExpr: return make(.labelAddress(label(in: cursor)), cursor)
    case CXCursor_GenericSelectionExpr: return genericSelection(cursor)
    case CXCursor_UnexposedExpr: return unexposed(cursor)
    default: return unsupported(cursor)
    }
  }

  private func unsupported(_ cursor: CXCursor) -> CExpression {
    unsupported(String(consuming: clang_getCursorKindSpelling(cursor.kind)), cursor)
  }

  /// What only the compiler can know: literals, `sizeof`, `offsetof`, type comparisons.
  private func folded(_ cursor: CXCursor) -> CExpression {
    cursor.foldedInteger.map { make(.integer($0), cursor) } ?? unsupported(cursor)
  }

  private func reference(_ cursor: CXCursor) -> CExpression {
    let referenced = clang_getCursorReferenced(cursor)
    switch referenced.kind {
    case CXCursor_EnumConstantDecl:
      let value = clang_getEnumConstantDeclValue(referenced)
      return make(.integer(UInt64(bitPattern: value)), cursor)
    case CXCursor_FunctionDecl:
      // A builtin's name has a placeholder for a type; its declaration has the real one.
      return CExpression(
        kind: .reference(declaration(referenced)),
        type: type(referenced.type),
        span: span(cursor)
      )
    case CXCursor_VarDecl: return make(.reference(declaration(referenced)), cursor)
    case CXCursor_ParmDecl:
      // libclang shows a parameter that is written as an array as one; it is a pointer.
      let id = declaration(referenced)
      return CExpression(kind: .reference(id), type: result[id].type, span: span(cursor))
    default: return unsupported(cursor)
    }
  }

  private func member(_ cursor: CXCursor) -> CExpression {
    guard let part = parts(of: cursor).last else { return unsupported(cursor) }
    var base = expression(part)
    var isArrow = false
    var record = base.type
    if case .pointer(let pointee) = result[base.type].kind {
      isArrow = true
      record = pointee
    }
    guard let path = pathToField(clang_getCursorReferenced(cursor), in: record) else {
      return unsupported(cursor)
    }
    // libclang leaves out a step through an anonymous member.
    for field in path {
      guard case .record(let index) = result[record].kind else { return unsupported(cursor) }
      record = result.records[Int(index)].fields[field].type
      base = CExpression(
        kind: .member(base: base, record: index, field: field, isArrow: isArrow),
        type: record,
        span: span(cursor)
      )
      isArrow = false
    }
    base.type = type(cursor.type)
    return base
  }

  private func subscription(_ cursor: CXCursor) -> CExpression {
    let parts = parts(of: cursor)
    guard parts.count == 2 else { return unsupported(cursor) }
    // `index[array]` is legal too.
    let isSwapped = parts[1].type.canonicalKind == CXType_Pointer
    return make(
      .subscription(
        base: expression(parts[isSwapped ? 1 : 0]),
        index: expression(parts[isSwapped ? 0 : 1])
      ),
      cursor
    )
  }

  private func call(_ cursor: CXCursor) -> CExpression {
    let parts = parts(of: cursor)
    guard let first = parts.first else { return unsupported(cursor) }
    switch clang_getCursorReferenced(cursor).spelling {
    case "__builtin_constant_p":
      // What depends on a parameter does not fold, and is not constant.
      return make(.integer(cursor.foldedInteger ?? 0), cursor)
    case "__builtin_object_size", "__builtin_dynamic_object_size":
      if let value = cursor.foldedInteger { return make(.integer(value), cursor) }
    case "__builtin_expect" where parts.count == 3: return expression(parts[1])
    default: break
    }
    return make(
      .call(callee: expression(first), arguments: parts.dropFirst().map { expression($0) }),
      cursor
    )
  }

  private func unary(_ cursor: CXCursor) -> CExpression {
    guard let part = parts(of: cursor).last else { return unsupported(cursor) }
    let kind = clang_getCursorUnaryOperatorKind(cursor)
    if kind == CXUnaryOperator_Extension { return expression(part) }
    guard let op = Self.unaryOperators[kind.rawValue] else { return unsupported(cursor) }
    return make(.unary(op, expression(part)), cursor)
  }

  private func binary(_ cursor: CXCursor) -> CExpression {
    let parts = parts(of: cursor)
    guard parts.count == 2 else { return unsupported(cursor) }
    let kind = clang_getCursorBinaryOperatorKind(cursor)
    let left = expression(parts[0])
    let right = expression(parts[1])
    if let op = Self.binaryOperators[kind.rawValue] {
      return make(.binary(op, left, right), cursor)
    }
    if kind == CXBinaryOperator_Assign {
      return make(.assignment(op: nil, target: left, value: right, computation: left.type), cursor)
    }
    guard let op = Self.compoundOperators[kind.rawValue] else { return unsupported(cursor) }
    return make(
      .assignment(
        op: op,
        target: left,
        value: right,
        computation: computationType(op, parts[0], parts[1])
      ),
      cursor
    )
  }

  /// The type the arithmetic of `left op= right` is done in; libclang does not expose it. The right
  /// side has been converted to it already, except in shifts and in pointer arithmetic.
  private func computationType(
    _ op: BinaryOperator,
    _ left: CXCursor,
    _ right: CXCursor
  ) -> TypeID {
    let target = type(left.type)
    if left.type.canonicalKind == CXType_Pointer { return target }
    guard op == .shiftLeft || op == .shiftRight else { return type(right.type) }
    let size = clang_Type_getSizeOf(left.type)
    // Integer promotion: whatever is narrower than int becomes int.
    return size < 4 ? intType(like: right) ?? target : target
  }

  /// `int`, which libclang gives out only as the type of something.
  func intType(like cursor: CXCursor) -> TypeID? {
    if let known = result.types.firstIndex(where: {
      $0.kind == .integer(isSigned: true) && $0.sizeBytes == 4
    }) {
      return TypeID(Int32(known))
    }
    result.types.append(
      CType(
        kind: .integer(isSigned: true),
        spelling: "int",
        sizeBytes: 4,
        alignmentBytes: 4
      )
    )
    return TypeID(Int32(result.types.count - 1))
  }

  // MARK: What libclang does not expose

  /// Implicit conversions, `a ?: b`, `__builtin_choose_expr`, `offsetof`, `va_arg`, type traits and
  /// `__func__` all are UnexposedExpr; their children tell them apart.
  private func unexposed(_ cursor: CXCursor) -> CExpression {
    let children = cursor.children
    let parts = children.filter(\.isExpression)
    let mentionsTypes = children.count > parts.count
    switch parts.count {
    case 0: return folded(cursor)
    case 1:
      let part = parts[0]
      if isVariadicList(part.type), !isVariadicList(cursor.type) {
        return make(.variadicArgument(expression(part)), cursor)
      }
      if mentionsTypes { return folded(cursor) }
      return conversion(cursor, of: part)
    case 3:
      guard let condition = parts[0].foldedInteger else { return unsupported(cursor) }
      return expression(parts[condition != 0 ? 1 : 2])
    case 4:
      return make(
        .conditional(
          condition: expression(parts[0]),
          then: nil,
          otherwise: expression(parts[3])
        ),
        cursor
      )
    default: return folded(cursor)
    }
  }

  private func conversion(_ cursor: CXCursor, of part: CXCursor) -> CExpression {
    let inner = expression(part)
    if case .reference(let id) = inner.kind, result[id].kind == .function { return inner }
    // A read of a variable converts to the same type without qualifiers; a function's name
    // converts to its address: neither says anything that the expression does not.
    if cursor.type.canonicalKey == part.type.canonicalKey { return inner }
    switch part.type.canonicalKind {
    case CXType_FunctionProto, CXType_FunctionNoProto: return inner
    default: return make(.cast(inner, isImplicit: true), cursor)
    }
  }

  private func isVariadicList(_ type: CXType) -> Bool {
    let canonical = clang_getCanonicalType(type)
    let element: CXType
    switch canonical.kind {
    case CXType_Pointer: element = clang_getPointeeType(canonical)
    case CXType_ConstantArray: element = clang_getArrayElementType(canonical)
    default: return false
    }
    return element.kind != CXType_Invalid
      && clang_getTypeDeclaration(element).spelling == "__va_list_tag"
  }

  // MARK: Operators

  private static let unaryOperators: [UInt32: UnaryOperator] = [
    CXUnaryOperator_PostInc.rawValue: .postIncrement,
    CXUnaryOperator_PostDec.rawValue: .postDecrement,
    CXUnaryOperator_PreInc.rawValue: .preIncrement,
    CXUnaryOperator_PreDec.rawValue: .preDecrement,
    CXUnaryOperator_AddrOf.rawValue: .addressOf,
    CXUnaryOperator_Deref.rawValue: .dereference,
    CXUnaryOperator_Plus.rawValue: .plus,
    CXUnaryOperator_Minus.rawValue: .minus,
    CXUnaryOperator_Not.rawValue: .bitwiseNot,
    CXUnaryOperator_LNot.rawValue: .logicalNot,
  ]

  private static let binaryOperators: [UInt32: BinaryOperator] = [
    CXBinaryOperator_Mul.rawValue: .multiply,
    CXBinaryOperator_Div.rawValue: .divide,
    CXBinaryOperator_Rem.rawValue: .remainder,
    CXBinaryOperator_Add.rawValue: .add,
    CXBinaryOperator_Sub.rawValue: .subtract,
    CXBinaryOperator_Shl.rawValue: .shiftLeft,
    CXBinaryOperator_Shr.rawValue: .shiftRight,
    CXBinaryOperator_LT.rawValue: .less,
    CXBinaryOperator_GT.rawValue: .greater,
    CXBinaryOperator_LE.rawValue: .lessOrEqual,
    CXBinaryOperator_GE.rawValue: .greaterOrEqual,
    CXBinaryOperator_EQ.rawValue: .equal,
    CXBinaryOperator_NE.rawValue: .notEqual,
    CXBinaryOperator_And.rawValue: .bitwiseAnd,
    CXBinaryOperator_Xor.rawValue: .bitwiseXor,
    CXBinaryOperator_Or.rawValue: .bitwiseOr,
    CXBinaryOperator_LAnd.rawValue: .logicalAnd,
    CXBinaryOperator_LOr.rawValue: .logicalOr,
    CXBinaryOperator_Comma.rawValue: .comma,
  ]

  private static let compoundOperators: [UInt32: BinaryOperator] = [
    CXBinaryOperator_MulAssign.rawValue: .multiply,
    CXBinaryOperator_DivAssign.rawValue: .divide,
    CXBinaryOperator_RemAssign.rawValue: .remainder,
    CXBinaryOperator_AddAssign.rawValue: .add,
    CXBinaryOperator_SubAssign.rawValue: .subtract,
    CXBinaryOperator_ShlAssign.rawValue: .shiftLeft,
    CXBinaryOperator_ShrAssign.rawValue: .shiftRight,
    CXBinaryOperator_AndAssign.rawValue: .bitwiseAnd,
    CXBinaryOperator_XorAssign.rawValue: .bitwiseXor,
    CXBinaryOperator_OrAssign.rawValue: .bitwiseOr,
  ]
}
