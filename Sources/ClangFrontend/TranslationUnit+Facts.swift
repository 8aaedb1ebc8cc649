// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
public import SourceFacts

extension TranslationUnit {
  /// The requested functions with the types and declarations they mention, macros expanded.
  public borrowing func facts(_ request: FactsRequest) -> CUnit { facts([request])[0] }

  /// The same for several requests, in their order.
  public borrowing func facts(_ requests: [FactsRequest]) -> [CUnit] {
    let answers = requests.map { (wanted: wanted($0), lowering: UnitLowering(unit, $0)) }
    let wantsEnumerations = requests.contains { !$0.enumerations.isEmpty }
    forEachTopLevel(unit) { cursor in
      let kind = cursor.kind
      guard
        kind == CXCursor_FunctionDecl || kind == CXCursor_VarDecl
          || kind == CXCursor_EnumDecl && wantsEnumerations,
        clang_isCursorDefinition(cursor) != 0
      else { return }
      for (wanted, lowering) in answers {
        if kind == CXCursor_FunctionDecl {
          if wanted(cursor) { lowering.lowerFunction(cursor) }
          continue
        }
        if kind == CXCursor_EnumDecl {
          if lowering.request.enumerations.contains(cursor.spelling) {
            _ = lowering.enumeration(cursor)
          }
          continue
        }
        // Tables of functions say who calls what, used here or not.
        guard lowering.request.lowersGlobalInitializers,
          case .mainFile = lowering.request.functions, wanted(cursor),
          cursor.type.kind == CXType_Elaborated || cursor.type.kind == CXType_Record
            || Self.isArrayOfFunctions(cursor.type)
        else { continue }
        _ = lowering.declaration(cursor)
      }
    }
    return answers.map { _, lowering in
      lowering.lowerFollowedFunctions()
      return lowering.finish()
    }
  }

  private static func isArrayOfFunctions(_ type: CXType) -> Bool {
    let element = clang_getCanonicalType(clang_getArrayElementType(type))
    let pointee = clang_getPointeeType(element)
    return pointee.kind == CXType_FunctionProto || pointee.kind == CXType_FunctionNoProto
  }

  private borrowing func wanted(_ request: FactsRequest) -> (CXCursor) -> Bool {
    switch request.functions {
    case .mainFile: isInMainFile(of: request)
    case .containing(let offsets): Self.containment(of: offsets, isInMainFile(of: request))
    case .named(let names): { names.contains($0.spelling) }
    case .matching(let condition): { condition($0.spelling) }
    }
  }

  private borrowing func isInMainFile(of request: FactsRequest) -> (CXCursor) -> Bool {
    guard let path = request.mainFile else { return { $0.isInMainFile } }
    let wanted = clang_getFile(unit, path)
    return { cursor in
      var file: CXFile?
      clang_getFileLocation(clang_getCursorLocation(cursor), &file, nil, nil, nil)
      return clang_File_isEqual(file, wanted) != 0
    }
  }

  private static func containment(
    of offsets: [Int],
    _ isInMainFile: @escaping (CXCursor) -> Bool
  ) -> (CXCursor) -> Bool {
    let sorted = offsets.sorted()
    return { cursor in
      guard isInMainFile(cursor) else { return false }
      let extent = clang_getCursorExtent(cursor)
      let start = clang_getRangeStart(extent).fileOffset
      let end = clang_getRangeEnd(extent).fileOffset
      var low = 0
      var high = sorted.count
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle] < start { low = middle + 1 } else { high = middle }
      }
      return low < sorted.count && sorted[low] < end
    }
  }

  /// Function declarations and definitions the unit sees, headers included, one for each place.
  ///
  /// `isWanted` is asked with the name first, since most callers want few of the 20,000 that
  /// kernel headers declare.
  public borrowing func prototypes(where isWanted: (String) -> Bool) -> [FunctionPrototype] {
    var prototypes: [FunctionPrototype] = []
    forEachTopLevel(unit) { cursor in
      guard cursor.kind == CXCursor_FunctionDecl else { return }
      let name = cursor.spelling
      guard isWanted(name) else { return }
      prototypes.append(FunctionPrototype(cursor, name: name))
    }
    return prototypes
  }

  /// Enumerations at file scope, headers included, that satisfy `isWanted`; it is asked with the
  /// tag, which is empty for an anonymous enumeration.
  public borrowing func enumerations(where isWanted: (String) -> Bool) -> CUnit {
    let lowering = UnitLowering(unit, FactsRequest(.named([])))
    forEachTopLevel(unit) { cursor in
      guard cursor.kind == CXCursor_EnumDecl, clang_isCursorDefinition(cursor) != 0 else { return }
      let isAnonymous = clang_Cursor_isAnonymous(cursor) != 0
      guard isWanted(isAnonymous ? "" : cursor.spelling) else { return }
      _ = lowering.enumeration(cursor)
    }
    return lowering.finish()
  }
}

private func forEachTopLevel(_ unit: CXTranslationUnit, _ body: (CXCursor) -> Void) {
  withoutActuallyEscaping(body) { body in
    var box = body
    withUnsafeMutablePointer(to: &box) { box in
      _ = clang_visitChildren(
        clang_getTranslationUnitCursor(unit),
        { cursor, _, data in
          data?.assumingMemoryBound(to: ((CXCursor) -> Void).self).pointee(cursor)
          return CXChildVisit_Continue
        },
        box
      )
    }
  }
}

extension CXSourceLocation {
  var fileOffset: Int {
    var offset: UInt32 = 0
    clang_getFileLocation(self, nil, nil, nil, &offset)
    return Int(offset)
  }
}
