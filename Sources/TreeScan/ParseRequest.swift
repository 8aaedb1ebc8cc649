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
