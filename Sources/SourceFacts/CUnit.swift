// SPDX-License-Identifier: GPL-2.0-only

/// What one translation unit says, copied out of the compiler's memory.
///
/// Types, records, enumerations and declarations are tables; expressions refer to them by index.
/// Only what the requested functions mention is in the tables.
public struct CUnit: Sendable, Codable {
  /// What stands for assembly of which is only known that it changes memory: a call with the address
  /// and the number of bytes.
  public static let changedByAssembly = "(assembly)"

  /// Paths of the files that spans refer to; the main file is first.
  public var files: [String]
  public var types: [CType]
  public var records: [CRecord]
  public var enumerations: [CEnumeration]
  public var declarations: [CDeclaration]
  /// Functions with a body that was asked for, in source order.
  public var functions: [CFunction]

  public init(
    files: [String] = [],
    types: [CType] = [],
    records: [CRecord] = [],
    enumerations: [CEnumeration] = [],
    declarations: [CDeclaration] = [],
    functions: [CFunction] = []
  ) {
    self.files = files
    self.types = types
    self.records = records
    self.enumerations = enumerations
    self.declarations = declarations
    self.functions = functions
  }

  public subscript(type: TypeID) -> CType { types[Int(type.index)] }
  public subscript(declaration: DeclarationID) -> CDeclaration {
    declarations[Int(declaration.index)]
  }
}

/// Index into ``CUnit/declarations``.
public struct DeclarationID: Hashable, Sendable, Codable {
  public var index: Int32
  public init(_ index: Int32) { self.index = index }
}

/// A variable, parameter or function that an expression can name.
public struct CDeclaration: Hashable, Sendable, Codable {
  public enum Kind: String, Hashable, Sendable, Codable {
    case function
    case parameter
    case local
    case staticLocal
    case global
  }

  public var name: String
  public var kind: Kind
  public var type: TypeID
  /// `static` at file scope.
  public var isInternal: Bool
  /// Of a variable that is defined here.
  public var initializer: CExpression?
  /// The function named by `__attribute__((cleanup))`.
  public var cleanup: DeclarationID?
  public var span: SourceSpan?

  public init(
    name: String,
    kind: Kind,
    type: TypeID,
    isInternal: Bool = false,
    initializer: CExpression? = nil,
    cleanup: DeclarationID? = nil,
    span: SourceSpan? = nil
  ) {
    self.name = name
    self.kind = kind
    self.type = type
    self.isInternal = isInternal
    self.initializer = initializer
    self.cleanup = cleanup
    self.span = span
  }
}

/// A function definition.
public struct CFunction: Hashable, Sendable, Codable {
  public var declaration: DeclarationID
  public var name: String
  public var result: TypeID
  public var parameters: [DeclarationID]
  public var isVariadic: Bool
  public var isStatic: Bool
  public var isInline: Bool
  /// Another file, a header, declares it as well.
  public var isInHeader: Bool
  public var body: CStatement
  /// From the first token of the declaration to the closing brace.
  public var span: SourceSpan

  public init(
    declaration: DeclarationID,
    name: String,
    result: TypeID,
    parameters: [DeclarationID],
    isVariadic: Bool,
    isStatic: Bool,
    isInline: Bool,
    isInHeader: Bool = false,
    body: CStatement,
    span: SourceSpan
  ) {
    self.declaration = declaration
    self.name = name
    self.result = result
    self.parameters = parameters
    self.isVariadic = isVariadic
    self.isStatic = isStatic
    self.isInline = isInline
    self.isInHeader = isInHeader
    self.body = body
    self.span = span
  }
}
