// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

extension UnitLowering {
  /// The id of a variable, parameter or function; all redeclarations share one.
  func declaration(_ cursor: CXCursor) -> DeclarationID {
    let isFunction = cursor.kind == CXCursor_FunctionDecl
    let isParameter = cursor.kind == CXCursor_ParmDecl
    let canonical = isParameter ? cursor : clang_getCanonicalCursor(cursor)
    guard let key = canonical.declarationKey else { return append(named: "", .global, cursor) }
    if let id = declarationIDs[key] { return id }
    let definition = clang_getCursorDefinition(cursor)
    let best = isParameter || definition.isNull ? cursor : definition
    let id: DeclarationID
    if isFunction {
      id = append(named: cursor.spelling, .function, best)
      declarationIDs[key] = id
      if !definition.isNull, request.follows(cursor.spelling) { followed.append(definition) }
      return id
    }
    guard !isParameter else {
      id = append(named: cursor.spelling, .parameter, cursor)
      declarationIDs[key] = id
      return id
    }
    let isLocal = clang_getCursorLinkage(canonical) == CXLinkage_NoLinkage
    let isStatic = clang_Cursor_getStorageClass(canonical) == CX_SC_Static
    id = append(
      named: cursor.spelling,
      isLocal ? (isStatic ? .staticLocal : .local) : .global,
      best
    )
    declarationIDs[key] = id
    if isLocal || request.lowersGlobalInitializers {
      let initializer = clang_Cursor_getVarDeclInitializer(best)
      if !initializer.isNull {
        let value = self.initializer(initializer, for: result[id].type)
        result.declarations[Int(id.index)].initializer = value
      }
    }
    if isLocal, let cleanup = cleanupFunction(of: best) {
      result.declarations[Int(id.index)].cleanup = cleanup
    }
    return id
  }

  private func append(
    named name: String,
    _ kind: CDeclaration.Kind,
    _ cursor: CXCursor
  ) -> DeclarationID {
    // Types first: they must not come between an id and its entry.
    let type = type(cursor.type)
    let isInternal =
      kind != .local && kind != .parameter
      && clang_getCursorLinkage(cursor) == CXLinkage_Internal
    result.declarations.append(
      CDeclaration(name: name, kind: kind, type: type, isInternal: isInternal, span: span(cursor))
    )
    return DeclarationID(Int32(result.declarations.count - 1))
  }

  /// libclang does not expose the function of `__attribute__((cleanup(f)))`, and kernel macros
  /// paste its name together, so that it stands in no file. The pretty printer does know it.
  private func cleanupFunction(of cursor: CXCursor) -> DeclarationID? {
    guard cursor.children.contains(where: { $0.kind == CXCursor_UnexposedAttr }) else { return nil }
    let policy = clang_getCursorPrintingPolicy(cursor)
    defer { clang_PrintingPolicy_dispose(policy) }
    clang_PrintingPolicy_setProperty(policy, CXPrintingPolicy_SuppressInitializers, 1)
    let text = String(consuming: clang_getCursorPrettyPrinted(cursor, policy)).utf8
    let marker = Array("cleanup(".utf8)
    let bytes = Array(text)
    guard
      let place = bytes.indices.first(where: { bytes[$0...].starts(with: marker) }),
      let end = bytes[place...].firstIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let name = String(decoding: bytes[(place + marker.count)..<end], as: UTF8.self)
    if let function = functionCursor(named: name) { return declaration(function) }
    // A precompiled header declares it, and those declarations may be hidden: the name must do.
    return append(named: name, .function, cursor)
  }

  private func functionCursor(named name: String) -> CXCursor? {
    if functionsByName == nil {
      var table: [String: CXCursor] = [:]
      for cursor in clang_getTranslationUnitCursor(unit).children
      where cursor.kind == CXCursor_FunctionDecl {
        table[cursor.spelling] = cursor
      }
      functionsByName = table
    }
    return functionsByName?[name]
  }
}
