// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang

extension String {
  init(consuming string: CXString) {
    defer { clang_disposeString(string) }
    self = clang_getCString(string).map { String(cString: $0) } ?? ""
  }
}

extension CXCursor {
  var spelling: String { String(consuming: clang_getCursorSpelling(self)) }
  var type: CXType { clang_getCursorType(self) }
  /// The declaration's address: equal exactly for one and the same declaration.
  var declarationKey: UnsafeRawPointer? { data.0 }
  var isExpression: Bool { clang_isExpression(kind) != 0 }
  var isStatement: Bool { clang_isStatement(kind) != 0 || isExpression }
  var isNull: Bool { clang_Cursor_isNull(self) != 0 }
  var isInMainFile: Bool {
    clang_Location_isFromMainFile(clang_getCursorLocation(self)) != 0
  }

  /// Appends the direct children to `list`.
  func appendChildren(to list: inout [CXCursor]) {
    withUnsafeMutablePointer(to: &list) { list in
      _ = clang_visitChildren(
        self,
        { cursor, _, data in
          data?.assumingMemoryBound(to: [CXCursor].self).pointee.append(cursor)
          return CXChildVisit_Continue
        },
        list
      )
    }
  }

  var children: [CXCursor] {
    var list: [CXCursor] = []
    appendChildren(to: &list)
    return list
  }

  /// The value when the compiler can fold the expression to an integer of at most 64 bits.
  var foldedInteger: UInt64? {
    guard clang_Type_getSizeOf(type) <= 8, let result = clang_Cursor_Evaluate(self) else {
      return nil
    }
    defer { clang_EvalResult_dispose(result) }
    guard clang_EvalResult_getKind(result) == CXEval_Int else { return nil }
    return clang_EvalResult_isUnsignedInt(result) != 0
      ? clang_EvalResult_getAsUnsigned(result)
      : UInt64(bitPattern: clang_EvalResult_getAsLongLong(result))
  }

  var foldedDouble: Double? {
    guard let result = clang_Cursor_Evaluate(self) else { return nil }
    defer { clang_EvalResult_dispose(result) }
    guard clang_EvalResult_getKind(result) == CXEval_Float else { return nil }
    return clang_EvalResult_getAsDouble(result)
  }
}

extension CXType {
  /// Two types that mean the same, qualifiers aside, have the same key; nil without a type, which
  /// libclang would dereference.
  var canonicalKey: UnsafeMutableRawPointer? {
    kind == CXType_Invalid ? nil : clang_getUnqualifiedType(clang_getCanonicalType(self)).data.0
  }
  var canonicalKind: CXTypeKind { clang_getCanonicalType(self).kind }
  var spelling: String { String(consuming: clang_getTypeSpelling(self)) }
  /// A record's fields in order, anonymous members included, which are not among its children.
  var fields: [CXCursor] {
    var list: [CXCursor] = []
    withUnsafeMutablePointer(to: &list) { list in
      _ = clang_Type_visitFields(
        self,
        { cursor, data in
          data?.assumingMemoryBound(to: [CXCursor].self).pointee.append(cursor)
          return CXVisit_Continue
        },
        list
      )
    }
    return list
  }
}
