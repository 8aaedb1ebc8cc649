// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang

/// One parsed C file.
///
/// Not Sendable: libclang allows one thread at a time in a unit. Make the unit inside the task that
/// uses it and pass on the values it returns. libclang can crash on hostile input; run it in a
/// process of its own where a crash must cost one file only.
public struct TranslationUnit: ~Copyable {
  let unit: CXTranslationUnit
  private let index: CXIndex

  /// Parses `path`. Errors in the C text are ``diagnostics()``, not thrown.
  public init(parsing path: String, options: ParseOptions) throws(FrontendError) {
    var flags: UInt32 = 0
    if options.keepsGoing { flags |= CXTranslationUnit_KeepGoing.rawValue }
    if options.skipsFunctionBodies { flags |= CXTranslationUnit_SkipFunctionBodies.rawValue }
    try self.init(.parse, path, options, flags: flags)
  }

  private init(
    _ operation: FrontendError.Operation,
    _ path: String,
    _ options: ParseOptions,
    flags: UInt32
  ) throws(FrontendError) {
    if let reason = twostep_load_libclang() {
      throw FrontendError(operation, path: path, message: String(cString: reason))
    }
    guard let index = clang_createIndex(options.hidesPrecompiledDeclarations ? 1 : 0, 0) else {
      throw FrontendError(operation, path: path, message: "libclang could not start")
    }
    var unit: CXTranslationUnit?
    let code = CArguments(options.arguments).withPointers { arguments in
      CUnsavedFiles(options.unsavedFiles).withFiles { files in
        clang_parseTranslationUnit2(
          index,
          path,
          arguments.baseAddress,
          Int32(arguments.count),
          files.baseAddress,
          UInt32(files.count),
          flags,
          &unit
        )
      }
    }
    guard code == CXError_Success, let unit else {
      clang_disposeIndex(index)
      throw FrontendError(operation, path: path, code: code.rawValue)
    }
    self.unit = unit
    self.index = index
  }

  deinit {
    clang_disposeTranslationUnit(unit)
    clang_disposeIndex(index)
  }

  /// Parses the header `path` and writes it in compiled form to `output`, for `-include-pch`.
  ///
  /// The bodies of its functions are left out when `options` say so. Throws when the header has
  /// errors: libclang does not save a unit with errors.
  ///
  /// - Returns: The files that it includes, directly or not.
  public static func precompile(
    _ path: String,
    options: ParseOptions,
    to output: String
  ) throws(FrontendError) -> [String] {
    var flags = CXTranslationUnit_ForSerialization.rawValue
    if options.skipsFunctionBodies { flags |= CXTranslationUnit_SkipFunctionBodies.rawValue }
    if options.keepsGoing { flags |= CXTranslationUnit_KeepGoing.rawValue }
    var options = options
    options.hidesPrecompiledDeclarations = false
    let unit = try TranslationUnit(.precompile, path, options, flags: flags)
    let code = clang_saveTranslationUnit(unit.unit, output, 0)
    guard code == Int32(CXSaveError_None.rawValue) else {
      let errors = unit.diagnostics().filter { $0.severity >= .error }
      let includers = Dictionary(
        unit.inclusionPlaces().map { ($0.path, $0.line) },
        uniquingKeysWith: { $1 }
      )
      throw FrontendError(
        .precompile,
        path: path,
        message: errors.first.map { "\($0.file):\($0.line): \($0.text)" }
          ?? "cannot write \(output)",
        lines: Set(errors.compactMap { $0.file == path ? $0.line : includers[$0.file] })
      )
    }
    return unit.inclusions()
  }

  /// Everything the compiler said, in its order.
  public borrowing func diagnostics() -> [Diagnostic] {
    (0..<clang_getNumDiagnostics(unit)).map { number in
      let diagnostic = clang_getDiagnostic(unit, number)
      defer { clang_disposeDiagnostic(diagnostic) }
      var file: CXFile?
      var line: UInt32 = 0
      clang_getFileLocation(clang_getDiagnosticLocation(diagnostic), &file, &line, nil, nil)
      let severity: Diagnostic.Severity =
        switch clang_getDiagnosticSeverity(diagnostic) {
        case CXDiagnostic_Fatal: .fatal
        case CXDiagnostic_Error: .error
        case CXDiagnostic_Warning: .warning
        default: .note
        }
      return Diagnostic(
        severity: severity,
        text: String(consuming: clang_getDiagnosticSpelling(diagnostic)),
        file: file.map { String(consuming: clang_getFileName($0)) } ?? "",
        line: Int(line),
        notes: notes(of: diagnostic)
      )
    }
  }

  private borrowing func notes(of diagnostic: CXDiagnostic?) -> [Diagnostic.Note] {
    guard let notes = clang_getChildDiagnostics(diagnostic) else { return [] }
    return (0..<clang_getNumDiagnosticsInSet(notes)).compactMap { number in
      let note = clang_getDiagnosticInSet(notes, number)
      defer { clang_disposeDiagnostic(note) }
      var file: CXFile?
      clang_getFileLocation(clang_getDiagnosticLocation(note), &file, nil, nil, nil)
      return file.map { file in
        Diagnostic.Note(
          text: String(consuming: clang_getDiagnosticSpelling(note)),
          file: String(consuming: clang_getFileName(file))
        )
      }
    }
  }

  /// Paths of the files that the parse read, the main file and precompiled headers left out.
  public borrowing func inclusions() -> [String] {
    final class Paths { var all: [String] = [] }
    let paths = Paths()
    clang_getInclusions(
      unit,
      { file, _, depth, data in
        guard depth > 0, let data, let file else { return }
        Unmanaged<Paths>.fromOpaque(data).takeUnretainedValue().all.append(
          String(consuming: clang_getFileName(file))
        )
      },
      Unmanaged.passUnretained(paths).toOpaque()
    )
    return paths.all
  }

  /// How the parse came to an included file.
  public struct Inclusion: Sendable {
    public var path: String
    /// The file that includes it.
    public var includer: String
    /// The line of the main file that brought it in, directly or not.
    public var line: Int
  }

  /// Every time that the parse read an included file, precompiled headers left out; a file that
  /// guards itself against being read twice is there once.
  public borrowing func inclusionPlaces() -> [Inclusion] {
    final class Places { var all: [Inclusion] = [] }
    let places = Places()
    clang_getInclusions(
      unit,
      { file, stack, depth, data in
        guard depth > 0, let stack, let data, let file else { return }
        var line: UInt32 = 0
        clang_getFileLocation(stack[Int(depth) - 1], nil, &line, nil, nil)
        var includer: CXFile?
        clang_getFileLocation(stack[0], &includer, nil, nil, nil)
        Unmanaged<Places>.fromOpaque(data).takeUnretainedValue().all.append(
          Inclusion(
            path: String(consuming: clang_getFileName(file)),
            includer: includer.map { String(consuming: clang_getFileName($0)) } ?? "",
            line: Int(line)
          )
        )
      },
      Unmanaged.passUnretained(places).toOpaque()
    )
    return places.all
  }
}

/// Argument strings as C wants them.
private struct CArguments {
  private let bytes: [[CChar]]

  init(_ arguments: [String]) { bytes = arguments.map { Array($0.utf8CString) } }

  func withPointers<R>(_ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> R) -> R {
    let storage = UnsafeMutableBufferPointer<CChar>.allocate(
      capacity: max(bytes.reduce(0) { $0 + $1.count }, 1)
    )
    defer { storage.deallocate() }
    var pointers: [UnsafePointer<CChar>?] = []
    var end = 0
    for argument in bytes {
      pointers.append(storage.baseAddress.map { UnsafePointer($0 + end) })
      for byte in argument {
        storage.initializeElement(at: end, to: byte)
        end += 1
      }
    }
    return pointers.withUnsafeBufferPointer(body)
  }
}

/// Files that exist in memory only, as C wants them.
private struct CUnsavedFiles {
  private let files: [String: [UInt8]]

  init(_ files: [String: [UInt8]]) { self.files = files }

  func withFiles<R>(_ body: (UnsafeMutableBufferPointer<CXUnsavedFile>) -> R) -> R {
    var unsaved: [CXUnsavedFile] = []
    var allocations: [UnsafeMutableRawPointer] = []
    defer { for allocation in allocations { allocation.deallocate() } }
    func copy(_ bytes: some Collection<UInt8>) -> UnsafePointer<CChar> {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
      memory.copyBytes(from: bytes)
      memory[bytes.count] = 0
      let start = memory.baseAddress ?? UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
      allocations.append(start)
      return UnsafePointer(start.assumingMemoryBound(to: CChar.self))
    }
    for (path, bytes) in files {
      unsaved.append(
        CXUnsavedFile(
          Filename: copy(Array(path.utf8)),
          Contents: copy(bytes),
          Length: UInt(bytes.count)
        )
      )
    }
    return unsaved.withUnsafeMutableBufferPointer { body($0) }
  }
}
