// SPDX-License-Identifier: GPL-2.0-only

/// Work libclang could not do. What it has to say about the C text is a ``Diagnostic`` instead.
public struct FrontendError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Operation: String, Hashable, Sendable {
    case parse
    case precompile
  }

  public var operation: Operation
  public var path: String
  public var message: String
  /// Lines of the file that have an error in them or in what they include, when it is a header
  /// that could not be precompiled.
  public var lines: Set<Int> = []

  init(_ operation: Operation, path: String, code: UInt32) {
    self.operation = operation
    self.path = path
    switch code {
    case 2: message = "libclang crashed"
    case 3: message = "libclang rejected the arguments"
    case 4: message = "the precompiled header or the file could not be read"
    default: message = "libclang could not parse the file; check that it exists and the flags"
    }
  }

  public init(_ operation: Operation, path: String, message: String, lines: Set<Int> = []) {
    self.operation = operation
    self.path = path
    self.message = message
    self.lines = lines
  }

  public var description: String { "\(path): cannot \(operation.rawValue): \(message)" }
}
