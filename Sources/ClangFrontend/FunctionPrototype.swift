// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang

/// A function's declaration as its header writes it.
public struct FunctionPrototype: Hashable, Sendable {
  public struct Parameter: Hashable, Sendable {
    /// Empty when the declaration names none.
    public var name: String
    public var type: String
  }

  public var name: String
  public var result: String
  public var parameters: [Parameter]
  public var isVariadic: Bool
  public var isStatic: Bool
  public var isDefinition: Bool
  public var file: String
  /// One-based.
  public var line: Int

  init(_ cursor: CXCursor, name: String) {
    self.name = name
    result = clang_getCursorResultType(cursor).spelling
    parameters = (0..<max(clang_Cursor_getNumArguments(cursor), 0)).map { number in
      let parameter = clang_Cursor_getArgument(cursor, UInt32(number))
      return Parameter(name: parameter.spelling, type: parameter.type.spelling)
    }
    isVariadic = clang_isFunctionTypeVariadic(cursor.type) != 0
    isStatic = clang_Cursor_getStorageClass(cursor) == CX_SC_Static
    isDefinition = clang_isCursorDefinition(cursor) != 0
    var file: CXFile?
    var line: UInt32 = 0
    clang_getFileLocation(clang_getCursorLocation(cursor), &file, &line, nil, nil)
    self.file = file.map { String(consuming: clang_getFileName($0)) } ?? ""
    self.line = Int(line)
  }
}
