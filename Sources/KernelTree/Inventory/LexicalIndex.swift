// SPDX-License-Identifier: GPL-2.0-only

/// Every occurrence of a set of names in the files of an inventory.
public struct LexicalIndex: Sendable, Hashable {
  /// The files that hold at least one occurrence, in order.
  public internal(set) var files: [IndexedFile] = []
  /// What the inventory noted, and what reading the files added, in order of the paths.
  public internal(set) var notes: [TreeNote] = []
  public internal(set) var searchedFiles = 0
  public internal(set) var searchedBytes = 0
}

/// A file with at least one occurrence.
public struct IndexedFile: Sendable, Hashable {
  /// Relative to the tree's root.
  public let path: String
  public let bytes: Int
  public let source: LexedSource
}

extension KernelTree {
  /// The longest file that is searched; the longest of Linux 6.12 has 24 MB.
  public static let defaultFileLimitBytes = 64 << 20

  /// Searches the files of an inventory for names, in parallel.
  ///
  /// - Parameters:
  ///   - names: the identifiers to find.
  ///   - jobs: how many files are read at a time.
  ///   - progress: called now and then, from any task, with the number of files done.
  public func index(
    _ inventory: Inventory,
    names: NameTable,
    jobs: Int,
    fileLimitBytes: Int = defaultFileLimitBytes,
    progress: (@Sendable (Int) -> Void)? = nil
  ) async -> LexicalIndex {
    let files = inventory.files
    let root = root
    let next = NextSlice(count: files.count, length: 64)
    var index = LexicalIndex()
    var parts: [(Int, LexicalIndex)] = []
    await withTaskGroup(of: [(Int, LexicalIndex)].self) { group in
      for _ in 0..<max(1, jobs) {
        group.addTask {
          var worker = IndexWorker(root: root, names: names, fileLimitBytes: fileLimitBytes)
          var done: [(Int, LexicalIndex)] = []
          while let slice = next.take(), !Task.isCancelled {
            done.append((slice.lowerBound, worker.index(files[slice])))
            progress?(slice.upperBound)
          }
          return done
        }
      }
      for await done in group { parts += done }
    }
    for (_, part) in parts.sorted(by: { $0.0 < $1.0 }) {
      index.files += part.files
      index.notes += part.notes
      index.searchedFiles += part.searchedFiles
      index.searchedBytes += part.searchedBytes
    }
    index.notes = (inventory.notes + index.notes).sorted { $0.path < $1.path }
    return index
  }
}

extension KernelTree {
  /// Searches the files of an inventory for names, one after the other.
  public func mentions(of names: NameTable, in inventory: Inventory) -> [IndexedFile] {
    var worker = IndexWorker(root: root, names: names, fileLimitBytes: Self.defaultFileLimitBytes)
    return worker.index(inventory.files[...]).files
  }
}

private struct IndexWorker: ~Copyable {
  private let root: String
  private let names: NameTable
  private let fileLimitBytes: Int
  private var buffer: FileBuffer

  init(root: String, names: NameTable, fileLimitBytes: Int) {
    self.root = root
    self.names = names
    self.fileLimitBytes = fileLimitBytes
    buffer = FileBuffer(limitBytes: fileLimitBytes)
  }

  mutating func index(_ files: ArraySlice<String>) -> LexicalIndex {
    var index = LexicalIndex()
    for path in files {
      do throws(FileBuffer.ReadError) {
        let count = try buffer.read("\(root)/\(path)")
        index.searchedFiles += 1
        index.searchedBytes += count
        buffer.withBytes(count: count) { search($0, count: count, path: path, into: &index) }
      } catch {
        let reason: TreeNote.Reason =
          switch error {
          case .system(let failure): .unreadable(failure.message)
          case .notRegular: .notAFile
          case .tooLarge(let bytes): .tooLarge(bytes: bytes, limitBytes: fileLimitBytes)
          }
        index.notes.append(TreeNote(path: path, reason: reason))
      }
    }
    return index
  }

  private func search(
    _ padded: SourceBytes,
    count: Int,
    path: String,
    into index: inout LexicalIndex
  ) {
    let found = names.search(padded, count: count)
    let text = SourceBytes(rebasing: padded[0..<count])
    if found.hasNUL, let offset = text.firstIndex(of: 0) {
      index.notes.append(TreeNote(path: path, reason: .containsNUL(offset: offset)))
    }
    if found.hasHighBit, let offset = text.firstInvalidUTF8 {
      index.notes.append(TreeNote(path: path, reason: .notUTF8(offset: offset)))
    }
    guard !found.hits.isEmpty else { return }
    var lexer = SourceLexer(text, hits: found.hits, table: names)
    let source = lexer.run()
    for defect in source.defects {
      index.notes.append(TreeNote(path: path, reason: .lexical(defect)))
    }
    index.files.append(IndexedFile(path: path, bytes: count, source: source))
  }
}

extension SourceBytes {
  /// The offset of the first byte that cannot stand there in UTF-8; nil when all of it is valid.
  var firstInvalidUTF8: Int? {
    var offset = 0
    while offset < count {
      let byte = self[offset]
      let length =
        switch byte {
        case 0..<0x80: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
      guard length > 0, offset + length <= count else { return offset }
      if length > 1 {
        let second = self[offset + 1]
        // Neither overlong forms, nor surrogates, nor what is beyond Unicode.
        let allowed: ClosedRange<UInt8> =
          switch byte {
          case 0xE0: 0xA0...0xBF
          case 0xED: 0x80...0x9F
          case 0xF0: 0x90...0xBF
          case 0xF4: 0x80...0x8F
          default: 0x80...0xBF
          }
        guard allowed.contains(second),
          self[(offset + 1)..<(offset + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
        else { return offset }
      }
      offset += length
    }
    return nil
  }
}
