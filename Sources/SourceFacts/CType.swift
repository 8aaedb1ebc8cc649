// SPDX-License-Identifier: GPL-2.0-only

/// A C type as one translation unit lays it out.
public struct CType: Hashable, Sendable, Codable {
  public enum Kind: Hashable, Sendable, Codable {
    case void
    /// `_Bool`.
    case boolean
    /// Integers, including `char`; the width is in ``CType/sizeBytes``.
    case integer(isSigned: Bool)
    case floating
    case pointer(TypeID)
    /// `count` is nil for an incomplete or flexible array.
    case array(element: TypeID, count: Int?)
    case function(result: TypeID, parameters: [TypeID], isVariadic: Bool)
    /// A struct or union: index into ``CUnit/records``.
    case record(Int32)
    /// An enumeration: index into ``CUnit/enumerations``.
    case enumeration(Int32, isSigned: Bool)
    /// A type nothing here models, with libclang's name for its kind.
    case unsupported(String)
  }

  public var kind: Kind
  /// As written, qualifiers included: `dma_addr_t`, `const struct page *`.
  public var spelling: String
  /// Zero when the type is incomplete or has no size.
  public var sizeBytes: Int
  /// Zero when the type is incomplete.
  public var alignmentBytes: Int
  public var isConst: Bool
  public var isVolatile: Bool

  public init(
    kind: Kind,
    spelling: String,
    sizeBytes: Int,
    alignmentBytes: Int,
    isConst: Bool = false,
    isVolatile: Bool = false
  ) {
    self.kind = kind
    self.spelling = spelling
    self.sizeBytes = sizeBytes
    self.alignmentBytes = alignmentBytes
    self.isConst = isConst
    self.isVolatile = isVolatile
  }
}

/// Index into ``CUnit/types``. Two spellings of one type (`dma_addr_t`, `u64`) have two ids.
public struct TypeID: Hashable, Sendable, Codable {
  public var index: Int32
  public init(_ index: Int32) { self.index = index }
}

/// A struct or union with its layout.
public struct CRecord: Hashable, Sendable, Codable {
  public struct Field: Hashable, Sendable, Codable {
    /// Empty for an anonymous struct or union member.
    public var name: String
    public var type: TypeID
    /// From the start of the record.
    public var offsetBits: Int
    /// Nil when the field is not a bit-field.
    public var widthBits: Int?
    public var span: SourceSpan?

    public init(
      name: String,
      type: TypeID,
      offsetBits: Int,
      widthBits: Int? = nil,
      span: SourceSpan? = nil
    ) {
      self.name = name
      self.type = type
      self.offsetBits = offsetBits
      self.widthBits = widthBits
      self.span = span
    }
  }

  /// Tag; empty for an anonymous record.
  public var name: String
  public var isUnion: Bool
  /// Empty for a record that is only declared, and for one none of whose members is mentioned.
  public var fields: [Field]
  public var isComplete: Bool
  public var span: SourceSpan?

  public init(
    name: String,
    isUnion: Bool,
    fields: [Field],
    isComplete: Bool,
    span: SourceSpan? = nil
  ) {
    self.name = name
    self.isUnion = isUnion
    self.fields = fields
    self.isComplete = isComplete
    self.span = span
  }
}

/// An enumeration with its constants.
public struct CEnumeration: Hashable, Sendable, Codable {
  public struct Constant: Hashable, Sendable, Codable {
    public var name: String
    public var value: Int64
    public var span: SourceSpan?
    public init(name: String, value: Int64, span: SourceSpan? = nil) {
      self.name = name
      self.value = value
      self.span = span
    }
  }
  public var name: String
  public var constants: [Constant]
  public var span: SourceSpan?
  public init(name: String, constants: [Constant], span: SourceSpan? = nil) {
    self.name = name
    self.constants = constants
    self.span = span
  }
}
