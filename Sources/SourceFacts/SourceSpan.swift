// SPDX-License-Identifier: GPL-2.0-only

/// A range of bytes in one file of a translation unit.
///
/// For text that a macro produced, the span is that of the macro's use; for a macro's argument it
/// is that of the argument, so that a span can always be shown and edited in a real file.
public struct SourceSpan: Hashable, Sendable, Codable {
  /// Index into ``CUnit/files``.
  public var file: Int32
  /// Byte offset of the first byte.
  public var start: UInt32
  /// Byte offset one past the last byte.
  public var end: UInt32
  /// One-based line of `start`.
  public var line: UInt32
  /// One-based column of `start`, in bytes.
  public var column: UInt32
  /// One-based line of the last byte.
  public var endLine: UInt32
  /// True when the text came out of a macro's body, so that the span is not the text itself.
  public var isMacroBody: Bool

  public init(
    file: Int32,
    start: UInt32,
    end: UInt32,
    line: UInt32,
    column: UInt32,
    endLine: UInt32,
    isMacroBody: Bool = false
  ) {
    self.file = file
    self.start = start
    self.end = end
    self.line = line
    self.column = column
    self.endLine = endLine
    self.isMacroBody = isMacroBody
  }
}
