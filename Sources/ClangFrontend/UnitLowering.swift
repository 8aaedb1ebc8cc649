// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

/// Copies what libclang knows about the requested functions into one ``CUnit``.
///
/// Everything is interned by libclang's own addresses, so that a name or a type becomes a Swift
/// string once however often it is used.
final class UnitLowering {
  /// Expressions and statements nested deeper than this become `unsupported`: a stack overflow
  /// would take the process down. Clang itself limits brackets to 256, but not chains of operators
  /// or of `else if`.
  static let depthLimit = 320

  let unit: CXTranslationUnit
  let request: FactsRequest
  var result = CUnit()
  var depth = 0

  var typeIDs: [UnsafeMutableRawPointer: TypeID] = [:]
  var recordIndices: [UnsafeRawPointer: Int32] = [:]
  /// The definition of each record, and how much of its fields is in the tables yet.
  var recordCursors: [(cursor: CXCursor, detail: FieldDetail)] = []
  var fieldPlaces: [UnsafeRawPointer: (record: Int32, field: Int)] = [:]
  /// The type of a field that nothing asked for.
  private(set) lazy var unaskedType = unsupportedType("not asked for")
  var enumerationIndices: [UnsafeRawPointer: Int32] = [:]
  var declarationIDs: [UnsafeRawPointer: DeclarationID] = [:]
  var loweredFunctions: Set<UnsafeRawPointer> = []
  /// Definitions that a lowered function names and the request wants as well.
  var followed: [CXCursor] = []
  /// All functions of the unit; made when a name has to be looked up.
  var functionsByName: [String: CXCursor]?

  private var fileIndices: [UnsafeMutableRawPointer: Int32] = [:]
  private var lastFile: (file: CXFile, index: Int32)?
  private var fileTexts: [Int32: UnsafeBufferPointer<UInt8>] = [:]

  enum FieldDetail: Comparable {
    case nothing
    case names
    case layout
  }

  init(_ unit: CXTranslationUnit, _ request: FactsRequest) {
    self.unit = unit
    self.request = request
    let main = request.mainFile ?? String(consuming: clang_getTranslationUnitSpelling(unit))
    if let file = clang_getFile(unit, main) {
      _ = fileIndex(file)
    } else {
      result.files.append(main)
    }
  }

  func finish() -> CUnit {
    result.functions.sort {
      ($0.span.file, $0.span.start) < ($1.span.file, $1.span.start)
    }
    return result
  }

  // MARK: Places

  func fileIndex(_ file: CXFile) -> Int32 {
    if let lastFile, lastFile.file == file { return lastFile.index }
    if let index = fileIndices[file] {
      lastFile = (file, index)
      return index
    }
    let name = String(consuming: clang_getFileName(file))
    // One file can have two handles, for instance through a precompiled header.
    let index: Int32
    if let known = result.files.firstIndex(of: name) {
      index = Int32(known)
    } else {
      index = Int32(result.files.count)
      result.files.append(name)
    }
    fileIndices[file] = index
    lastFile = (file, index)
    return index
  }

  func span(_ cursor: CXCursor) -> SourceSpan {
    let extent = clang_getCursorExtent(cursor)
    let begin = clang_getRangeStart(extent)
    var file: CXFile?
    var line: UInt32 = 0
    var column: UInt32 = 0
    var start: UInt32 = 0
    clang_getFileLocation(begin, &file, &line, &column, &start)
    var endFile: CXFile?
    var endLine: UInt32 = 0
    var end: UInt32 = 0
    clang_getFileLocation(clang_getRangeEnd(extent), &endFile, &endLine, nil, &end)
    guard let file else {
      return SourceSpan(file: 0, start: 0, end: 0, line: 0, column: 0, endLine: 0)
    }
    var isMacroBody = false
    if begin.int_data & 0x8000_0000 != 0 {
      // The text is a macro's argument when its place differs from the place of the macro's use.
      var useFile: CXFile?
      var use: UInt32 = 0
      clang_getExpansionLocation(begin, &useFile, nil, nil, &use)
      isMacroBody = useFile == file && use == start
    }
    if endFile != file || end < start {
      end = start
      endLine = line
    }
    return SourceSpan(
      file: fileIndex(file),
      start: start,
      end: end,
      line: line,
      column: column,
      endLine: endLine,
      isMacroBody: isMacroBody
    )
  }

  /// The text of a file as the compiler saw it; empty when libclang does not keep it.
  func text(of file: Int32) -> UnsafeBufferPointer<UInt8> {
    if let text = fileTexts[file] { return text }
    var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    if Int(file) < result.files.count, let handle = clang_getFile(unit, result.files[Int(file)]) {
      var size = 0
      if let contents = clang_getFileContents(unit, handle, &size) {
        text = UnsafeBufferPointer(
          start: UnsafeRawPointer(contents).assumingMemoryBound(to: UInt8.self),
          count: size
        )
      }
    }
    fileTexts[file] = text
    return text
  }

  // MARK: Functions

  func lowerFunction(_ cursor: CXCursor) {
    guard let key = cursor.declarationKey, loweredFunctions.insert(key).inserted,
      let body = cursor.children.last, body.kind == CXCursor_CompoundStmt
    else { return }
    let parameters = (0..<max(clang_Cursor_getNumArguments(cursor), 0)).map { number in
      let id = declaration(clang_Cursor_getArgument(cursor, UInt32(number)))
      // What is written as an array is a pointer, as the function's type has it.
      if case .array = result[result[id].type].kind {
        let adjusted = type(clang_getArgType(clang_getCanonicalType(cursor.type), UInt32(number)))
        result.declarations[Int(id.index)].type = adjusted
      }
      return id
    }
    depth = 0
    result.functions.append(
      CFunction(
        declaration: declaration(cursor),
        name: cursor.spelling,
        result: type(clang_getCursorResultType(cursor)),
        parameters: parameters,
        isVariadic: clang_isFunctionTypeVariadic(cursor.type) != 0,
        isStatic: clang_Cursor_getStorageClass(cursor) == CX_SC_Static,
        isInline: clang_Cursor_isFunctionInlined(cursor) != 0,
        isInHeader: span(clang_getCanonicalCursor(cursor)).file != span(cursor).file,
        body: statement(body),
        span: span(cursor)
      )
    )
  }

  func lowerFollowedFunctions() {
    while let cursor = followed.popLast() { lowerFunction(cursor) }
  }
}
