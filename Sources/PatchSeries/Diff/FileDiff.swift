// SPDX-License-Identifier: GPL-2.0-only

/// What a patch does to one file.
public struct FileDiff: Hashable, Sendable {
  /// The path before; nil when the patch creates the file.
  public var oldPath: String?
  /// The path after; nil when the patch deletes the file.
  public var newPath: String?
  /// As the header says, without the type-and-permission rules of git; nil when it does not say.
  public var oldMode: UInt32?
  public var newMode: UInt32?
  /// Nil when a traditional diff leaves it open whether the file is new.
  public var isNew: Bool?
  /// Nil when a traditional diff leaves it open whether the file goes.
  public var isDelete: Bool?
  public var isRename = false
  public var isCopy = false
  /// The abbreviated or full ids of the `index` line.
  public var oldID: String?
  public var newID: String?
  public var hunks: [Hunk] = []
  public var binary: BinaryChange?
  /// One-based line of the patch where the diff's header starts.
  public var line: Int
  /// Lines that `+` and `-` mark.
  public var addedLines = 0
  public var deletedLines = 0

  init(line: Int) { self.line = line }

  /// The path to speak of.
  public var path: String { newPath ?? oldPath ?? "" }

  var changesMetadata: Bool {
    isRename || isCopy || isNew == true || isDelete != false
      || (oldMode != nil && newMode != nil && oldMode != newMode)
  }
}

/// One run of changed lines with its context.
public struct Hunk: Hashable, Sendable {
  /// One-based first line and number of lines before the change; line 0 for an empty file.
  public var oldStart: Int
  public var oldCount: Int
  /// The same after the change.
  public var newStart: Int
  public var newCount: Int
  /// Context lines before the first and after the last change.
  public var leadingContext: Int
  public var trailingContext: Int
  /// What stands after the second `@@`.
  public var heading: String
  public var lines: [Line]
  /// One-based line of the patch where the `@@` stands.
  public var patchLine: Int

  /// One line of a hunk.
  public struct Line: Hashable, Sendable {
    public var kind: Kind
    /// With its line feed, unless the file ends without one.
    public var text: ByteSlice
    /// One-based line of the patch.
    public var patchLine: Int
  }

  public enum Kind: Hashable, Sendable { case context, deleted, added }

  /// The lines that must be there, and those that will be.
  var before: [ByteSlice] { lines.filter { $0.kind != .added }.map(\.text) }
  var after: [ByteSlice] { lines.filter { $0.kind != .deleted }.map(\.text) }
}

/// A change to a file that is no text.
public enum BinaryChange: Hashable, Sendable {
  /// `Binary files a and b differ`: the content is not in the patch.
  case missing
  /// The whole new content.
  case literal(Bytes)
  /// Instructions to build the new content from the old, as in git's packs.
  case delta(Bytes)
}

/// A patch that git would refuse to read.
public struct DiffError: Error, Hashable, Sendable {
  /// One-based line of the patch.
  public var line: Int
  /// Lower case, no full stop.
  public var message: String
}
