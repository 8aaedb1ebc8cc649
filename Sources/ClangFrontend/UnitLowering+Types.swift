// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

extension UnitLowering {
  func type(_ type: CXType) -> TypeID {
    guard let key = type.data.0 else { return unsupportedType("no type") }
    if let id = typeIDs[key] { return id }
    let canonical = clang_getCanonicalType(type)
    // Placeholders of the compiler have no layout, and libclang crashes when asked for it.
    if canonical.kind == CXType_Unexposed || canonical.kind == CXType_Invalid {
      return unsupportedType(type.spelling)
    }
    let size = hasWantedLayout(canonical) ? clang_Type_getSizeOf(canonical) : 0
    let alignment = hasWantedLayout(canonical) ? clang_Type_getAlignOf(type) : 0
    // The id is taken before the parts are looked at, since a struct's field may point to it.
    let id = TypeID(Int32(result.types.count))
    typeIDs[key] = id
    result.types.append(
      CType(
        kind: .void,
        spelling: type.spelling,
        sizeBytes: size > 0 ? Int(size) : 0,
        alignmentBytes: alignment > 0 ? Int(alignment) : 0,
        isConst: clang_isConstQualifiedType(canonical) != 0,
        isVolatile: clang_isVolatileQualifiedType(canonical) != 0
      )
    )
    let kind = typeKind(type, canonical)
    result.types[Int(id.index)].kind = kind
    if case .void = kind {
      result.types[Int(id.index)].sizeBytes = 0
      result.types[Int(id.index)].alignmentBytes = 0
    }
    return id
  }

  /// Whether the size of a type is to be asked for. That of a structure makes the compiler read all
  /// of its members' types, which is most of the work for one that `struct device` is part of.
  private func hasWantedLayout(_ canonical: CXType) -> Bool {
    request.laysOutRecords
      || ![CXType_Record, CXType_ConstantArray, CXType_IncompleteArray].contains(canonical.kind)
  }

  func unsupportedType(_ name: String) -> TypeID {
    let id = TypeID(Int32(result.types.count))
    result.types.append(
      CType(kind: .unsupported(name), spelling: name, sizeBytes: 0, alignmentBytes: 0)
    )
    return id
  }

  private func typeKind(_ type: CXType, _ canonical: CXType) -> CType.Kind {
    switch canonical.kind {
    case CXType_Void: return .void
    case CXType_Bool: return .boolean
    case CXType_Char_U, CXType_UChar, CXType_Char16, CXType_Char32, CXType_UShort, CXType_UInt,
      CXType_ULong, CXType_ULongLong, CXType_UInt128:
      return .integer(isSigned: false)
    case CXType_Char_S, CXType_SChar, CXType_WChar, CXType_Short, CXType_Int, CXType_Long,
      CXType_LongLong, CXType_Int128:
      return .integer(isSigned: true)
    case CXType_Float, CXType_Double, CXType_LongDouble, CXType_Float16, CXType_Float128:
      return .floating
    case CXType_Pointer:
      // The pointee as written where the sugar still shows it: `struct page *` in a typedef.
      let written = clang_getPointeeType(type)
      let pointee = written.kind == CXType_Invalid ? clang_getPointeeType(canonical) : written
      return .pointer(self.type(pointee))
    case CXType_ConstantArray:
      let written = clang_getArrayElementType(type)
      let element = written.kind == CXType_Invalid ? clang_getArrayElementType(canonical) : written
      return .array(element: self.type(element), count: Int(clang_getArraySize(canonical)))
    case CXType_IncompleteArray:
      return .array(element: self.type(clang_getArrayElementType(canonical)), count: nil)
    case CXType_FunctionProto, CXType_FunctionNoProto:
      let parameters = (0..<max(clang_getNumArgTypes(canonical), 0)).map {
        self.type(clang_getArgType(canonical, UInt32($0)))
      }
      return .function(
        result: self.type(clang_getResultType(canonical)),
        parameters: parameters,
        isVariadic: clang_isFunctionTypeVariadic(canonical) != 0
      )
    case CXType_Record: return .record(record(clang_getTypeDeclaration(canonical)))
    case CXType_Enum:
      let cursor = clang_getTypeDeclaration(canonical)
      let integer = clang_getCanonicalType(clang_getEnumDeclIntegerType(cursor))
      return .enumeration(
        enumeration(cursor),
        isSigned: [CXType_Int, CXType_Long, CXType_LongLong, CXType_Short, CXType_SChar]
          .contains(integer.kind)
      )
    default:
      return .unsupported(String(consuming: clang_getTypeKindSpelling(canonical.kind)))
    }
  }

  /// The record's index; its fields come into the tables when something names one of them, because
  /// `struct device` alone would bring in half of the kernel's types.
  func record(_ declaration: CXCursor) -> Int32 {
    let definition = clang_getCursorDefinition(declaration)
    let cursor = definition.isNull ? clang_getCanonicalCursor(declaration) : definition
    guard let key = cursor.declarationKey else { return 0 }
    if let index = recordIndices[key] { return index }
    let index = Int32(result.records.count)
    recordIndices[key] = index
    recordCursors.append((cursor, .nothing))
    let isAnonymous =
      clang_Cursor_isAnonymous(cursor) != 0 || clang_Cursor_isAnonymousRecordDecl(cursor) != 0
    result.records.append(
      CRecord(
        name: isAnonymous ? "" : cursor.spelling,
        isUnion: cursor.kind == CXCursor_UnionDecl,
        fields: [],
        isComplete: !definition.isNull,
        span: span(cursor)
      )
    )
    return index
  }

  func fillFields(of record: Int32, _ detail: FieldDetail = .layout) {
    guard recordCursors.indices.contains(Int(record)),
      recordCursors[Int(record)].detail < detail
    else { return }
    recordCursors[Int(record)].detail = detail
    var fields: [CRecord.Field] = []
    for cursor in recordCursors[Int(record)].cursor.type.fields {
      if let key = cursor.declarationKey { fieldPlaces[key] = (record, fields.count) }
      let spelling = cursor.spelling
      // libclang spells an unnamed member with a description of its type.
      let isUnnamed = clang_Cursor_isAnonymous(cursor) != 0 || spelling.contains("(")
      let isLaidOut = detail == .layout
      fields.append(
        CRecord.Field(
          name: isUnnamed ? "" : spelling,
          type: isLaidOut || isUnnamed ? type(cursor.type) : unaskedType,
          offsetBits: isLaidOut ? Int(clang_Cursor_getOffsetOfField(cursor)) : 0,
          widthBits: isLaidOut && clang_Cursor_isBitField(cursor) != 0
            ? Int(clang_getFieldDeclBitWidth(cursor)) : nil,
          span: isLaidOut ? span(cursor) : nil
        )
      )
    }
    result.records[Int(record)].fields = fields
  }

  /// Where the field that `cursor` declares stands.
  func fieldPlace(_ cursor: CXCursor) -> (record: Int32, field: Int)? {
    guard let key = cursor.declarationKey else { return nil }
    if fieldPlaces[key] == nil {
      let detail: FieldDetail = request.laysOutRecords ? .layout : .names
      fillFields(of: record(clang_getCursorSemanticParent(cursor)), detail)
    }
    guard let place = fieldPlaces[key] else { return nil }
    if recordCursors[Int(place.record)].detail == .names {
      let type = type(cursor.type)
      result.records[Int(place.record)].fields[place.field].type = type
    }
    return place
  }

  func enumeration(_ declaration: CXCursor) -> Int32 {
    let definition = clang_getCursorDefinition(declaration)
    let cursor = definition.isNull ? declaration : definition
    guard let key = cursor.declarationKey else { return 0 }
    if let index = enumerationIndices[key] { return index }
    let index = Int32(result.enumerations.count)
    enumerationIndices[key] = index
    let isAnonymous = clang_Cursor_isAnonymous(cursor) != 0
    result.enumerations.append(
      CEnumeration(
        name: isAnonymous ? "" : cursor.spelling,
        constants: cursor.children.filter { $0.kind == CXCursor_EnumConstantDecl }.map {
          CEnumeration.Constant(
            name: $0.spelling,
            value: clang_getEnumConstantDeclValue($0),
            span: span($0)
          )
        },
        span: span(cursor)
      )
    )
    return index
  }
}
