// SPDX-License-Identifier: GPL-2.0-only

/// What a worker is asked to do.
public enum ParseRequest: Codable, Sendable {
  /// Write the header `path` in compiled form to `output`.
  case precompile(path: String, arguments: [String], output: String)
  /// Parse files that may share a translation unit, or one.
  case scan([FileJob])
  case errors(ErrorJob)

  func perform() -> ParseReply {
    switch self {
    case .precompile(let path, let arguments, let output):
      PrecompiledHeader.build(path: path, arguments: arguments, output: output)
    case .scan(let jobs): .scanned(UnitScan(jobs).perform())
    case .errors(let job): job.perform()
    }
  }
}

/// What a worker answers.
public enum ParseReply: Codable, Sendable {
  /// The header was written; it was made of these files.
  case precompiled([String])
  /// In the order of the request's files.
  case scanned([FileOutcome])
  case errors(SourceErrors)
  /// Lower case, no full stop.
  case failed(reason: String)
}

/// What became of one file.
public enum FileOutcome: Codable, Sendable {
  case facts(FileFacts)
  /// Lower case, no full stop.
  case failed(reason: String)
}
