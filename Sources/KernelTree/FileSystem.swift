// SPDX-License-Identifier: GPL-2.0-only

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The few reading operations that the scan needs, with the system's own reason for a failure.
/// All of it only reads.
enum FileSystem {
  /// What a failed system call said.
  struct Failure: Error {
    let code: Int32

    static var current: Failure { Failure(code: errno) }

    var message: String { String(cString: strerror(code)).lowercased() }
    var isLoop: Bool { code == ELOOP }
    var isMissing: Bool { code == ENOENT }
  }

  enum Kind {
    case regular
    case directory
    case link
    case other
  }

  static func kind(_ path: String, followingLinks: Bool) throws(Failure) -> Kind {
    FileTrace.current?.note(path)
    var status = stat()
    let result = followingLinks ? stat(path, &status) : lstat(path, &status)
    guard result == 0 else { throw .current }
    return kind(mode: status.st_mode)
  }

  private static func kind(mode: mode_t) -> Kind {
    switch mode & S_IFMT {
    case S_IFREG: .regular
    case S_IFDIR: .directory
    case S_IFLNK: .link
    default: .other
    }
  }

  static func isDirectory(_ path: String) -> Bool {
    (try? kind(path, followingLinks: true)) == .directory
  }

  static func isRegularFile(_ path: String) -> Bool {
    (try? kind(path, followingLinks: true)) == .regular
  }

  static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(validatingCString: resolved)
  }

  static func realDirectory(
    _ path: String,
    operation: String
  ) throws(KernelTreeError) -> String {
    guard let resolved = realPath(path) else {
      throw KernelTreeError(
        operation: operation,
        path: path,
        message: Failure.current.message
      )
    }
    guard isDirectory(resolved) else {
      throw KernelTreeError(operation: operation, path: path, message: "not a directory")
    }
    return resolved
  }

  struct DirectoryEntry {
    /// As the directory spells it; not always UTF-8.
    let name: [UInt8]
    /// Nil when the file system does not say; then ``kind(_:followingLinks:)`` does.
    let kind: Kind?
  }

  /// A directory's entries in byte order, without `.` and `..`.
  static func entries(of directory: String) throws(Failure) -> [DirectoryEntry] {
    FileTrace.current?.note(directory)
    guard let stream = opendir(directory) else { throw .current }
    defer { closedir(stream) }
    var entries: [DirectoryEntry] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      let kind: Kind? =
        switch Int(entry.pointee.d_type) {
        case 8: .regular  // DT_REG
        case 4: .directory  // DT_DIR
        case 10: .link  // DT_LNK
        case 0: nil  // DT_UNKNOWN
        default: .other
        }
      entries.append(DirectoryEntry(name: name, kind: kind))
    }
    return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// A whole file; nil when it cannot be read or is longer than the limit.
  static func contents(_ path: String, limitBytes: Int = 64 << 20) -> [UInt8]? {
    FileTrace.current?.note(path)
    var buffer = FileBuffer(limitBytes: limitBytes)
    guard let count = try? buffer.read(path) else { return nil }
    return buffer.withBytes(count: count) { Array($0.prefix(count)) }
  }
}

/// Memory for the contents of one file after another.
struct FileBuffer: ~Copyable {
  enum ReadError: Error {
    case system(FileSystem.Failure)
    case notRegular
    case tooLarge(bytes: Int)
  }

  /// Bytes after the contents that may be read.
  static let padding = 64

  private var storage: UnsafeMutableRawBufferPointer
  private let limitBytes: Int

  init(limitBytes: Int) {
    self.limitBytes = limitBytes
    storage = .allocate(byteCount: 1 << 20, alignment: 64)
  }

  deinit { storage.deallocate() }

  /// Reads a regular file; returns its length in bytes.
  mutating func read(_ path: String) throws(ReadError) -> Int {
    // Without O_NONBLOCK the open of a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw .system(.current) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(.current) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard status.st_size <= limitBytes else { throw .tooLarge(bytes: Int(status.st_size)) }
    reserve(Int(status.st_size), keeping: 0)
    var count = 0
    while true {
      if count + Self.padding >= storage.count { reserve(count * 2, keeping: count) }
      let room = storage.count - Self.padding - count
      let got = systemRead(descriptor, storage.baseAddress?.advanced(by: count), room)
      if got == 0 { break }
      if got < 0 {
        if errno == EINTR { continue }
        throw .system(.current)
      }
      count += got
      guard count <= limitBytes else { throw .tooLarge(bytes: count) }
      // A short read that reaches the size the file had is its end, but for a file that grows.
      if count >= Int(status.st_size), got < room { break }
    }
    storage[count..<(count + Self.padding)].initializeMemory(as: UInt8.self, repeating: 0)
    return count
  }

  /// The contents that the last read put in place, with their padding.
  func withBytes<Result>(count: Int, _ body: (SourceBytes) -> Result) -> Result {
    storage.withMemoryRebound(to: UInt8.self) {
      body(SourceBytes(rebasing: UnsafeBufferPointer($0)[0..<(count + Self.padding)]))
    }
  }

  private mutating func reserve(_ bytes: Int, keeping kept: Int) {
    let wanted = bytes + Self.padding + 1
    guard wanted > storage.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: wanted, alignment: 64)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[0..<kept]))
    storage.deallocate()
    storage = larger
  }

  private func systemRead(
    _ descriptor: Int32,
    _ address: UnsafeMutableRawPointer?,
    _ count: Int
  ) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, address, count)
    #else
      Darwin.read(descriptor, address, count)
    #endif
  }
}
