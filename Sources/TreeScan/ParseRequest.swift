// SPDX-License-Identifier: GPL-2.0-only

/// What a worker is asked to do.
public enum ParseRequest: Codable, Sendable {
  /// Write the header `path` in compiled form to `output`.
  case precompile(path: String, arguments: [String], output: String)
  case scan(FileJob)
  case errors(ErrorJob)

  func perform() -> ParseReply {
    switch self {
    case .precompile(let path, let arguments, let output):
      PrecompiledHeader.build(path: path, arguments: arguments, output: output)
    case .scan(let job): FileScan(job).perform()
    case .errors(let job): job.perform()
    }
  }
}

/// What a worker answers.
public enum ParseReply: Codable, Sendable {
  /// The header was written; it was made of these files.
  case precompiled([String])
  case scanned(FileFacts)
  case errors(SourceErrors)
  /// Lower case, no full stop.
  case failed(reason: String)
}

/// One file whose occurrences of catalogued names are to be found in the syntax tree.
public struct FileJob: Codable, Sendable {
  /// Relative to the tree.
  public var path: String
  public var absolutePath: String
  /// The file to parse when no Makefile compiles this one on its own: one that includes it.
  public var includedBy: String?
  /// Flags that all files of one kind share; the precompiled header was made with them.
  public var commonArguments: [String]
  /// Flags of this file alone.
  public var ownArguments: [String]
  /// Compiled form of the kernel's most used headers.
  public var precompiledHeader: String?
  /// The names to account for.
  public var names: [String]

  public init(
    path: String,
    absolutePath: String,
    includedBy: String? = nil,
    commonArguments: [String],
    ownArguments: [String],
    precompiledHeader: String?,
    names: [String]
  ) {
    self.path = path
    self.absolutePath = absolutePath
    self.includedBy = includedBy
    self.commonArguments = commonArguments
    self.ownArguments = ownArguments
    self.precompiledHeader = precompiledHeader
    self.names = names
  }
}
