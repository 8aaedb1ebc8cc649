// SPDX-License-Identifier: GPL-2.0-only

/// A typed expression, macros expanded, implicit conversions explicit.
public struct CExpression: Hashable, Sendable, Codable {
  public indirect enum Kind: Hashable, Sendable, Codable {
    /// An integer or character constant, or anything the compiler folded (`sizeof`, `offsetof`,
    /// an enumerator, `__builtin_constant_p`); the bits of the value in the expression's type.
    case integer(UInt64)
    case floating(Double)
    /// Bytes without the terminating zero.
    case string([UInt8])
    /// A use of a variable, parameter or function.
    case reference(DeclarationID)
    /// `base.field` or, when `isArrow`, `base->field`; `field` indexes the record's fields.
    case member(base: CExpression, record: Int32, field: Int, isArrow: Bool)
    case subscription(base: CExpression, index: CExpression)
    case call(callee: CExpression, arguments: [CExpression])
    case unary(UnaryOperator, CExpression)
    case binary(BinaryOperator, CExpression, CExpression)
    /// `target = value`, or `target op= value` when `op` is not nil. In a compound assignment the
    /// arithmetic is done in `computation`'s type.
    case assignment(
      op: BinaryOperator?,
      target: CExpression,
      value: CExpression,
      computation: TypeID
    )
    /// `a ? b : c`; `then` is nil in GNU's `a ?: c`.
    case conditional(condition: CExpression, then: CExpression?, otherwise: CExpression)
    /// A conversion to the expression's type.
    case cast(CExpression, isImplicit: Bool)
    /// `(type){ … }`; an lvalue.
    case compoundLiteral(CExpression)
    /// A braced initialiser in semantic order: each element says where it goes.
    case initializerList([Initializer])
    /// GNU `({ … })`; the value is that of the last expression statement.
    case statementExpression([CStatement])
    /// `__builtin_va_arg(list, type)`.
    case variadicArgument(CExpression)
    /// `&&label`.
    case labelAddress(String)
    /// What the front end could not express: libclang's name of the construct.
    case unsupported(String)
  }

  /// One element of a braced initialiser, at `path` from the initialised object.
  public struct Initializer: Hashable, Sendable, Codable {
    /// A field index (record) or an element index (array).
    public var position: Int
    public var value: CExpression
    public init(position: Int, value: CExpression) {
      self.position = position
      self.value = value
    }
  }

  public var kind: Kind
  public var type: TypeID
  public var span: SourceSpan

  public init(kind: Kind, type: TypeID, span: SourceSpan) {
    self.kind = kind
    self.type = type
    self.span = span
  }
}

public enum UnaryOperator: String, Hashable, Sendable, Codable {
  case minus = "-"
  case plus = "+"
  case bitwiseNot = "~"
  case logicalNot = "!"
  case addressOf = "&"
  case dereference = "*"
  case preIncrement = "++x"
  case preDecrement = "--x"
  case postIncrement = "x++"
  case postDecrement = "x--"
}

public enum BinaryOperator: String, Hashable, Sendable, Codable {
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case add = "+"
  case subtract = "-"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  case less = "<"
  case greater = ">"
  case lessOrEqual = "<="
  case greaterOrEqual = ">="
  case equal = "=="
  case notEqual = "!="
  case bitwiseAnd = "&"
  case bitwiseXor = "^"
  case bitwiseOr = "|"
  case logicalAnd = "&&"
  case logicalOr = "||"
  case comma = ","
}
