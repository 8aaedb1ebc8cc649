// SPDX-License-Identifier: GPL-2.0-only

public import PatchSeries

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A plain directory as a base. It is only ever read, and never through a symbolic link.
public struct DirectoryTree: DirectoryBase {
  public let root: String

  /// A larger file is no source file.
  static let maximumFileSize = 512 << 20

  /// `root` is the path of the directory.
  public init(root: String) throws(BaseTreeError) {
    var status = stat()
    guard stat(root, &status) == 0 else { throw Self.failure(root) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw BaseTreeError(path: root, message: "not a directory")
    }
    self.root = root
  }

  private static func failure(_ path: String) -> BaseTreeError {
    BaseTreeError(path: path, message: String(cString: strerror(errno)).lowercased())
  }

  private func status(of path: String) throws(BaseTreeError) -> stat? {
    guard try !isBehindLink(path) else { return nil }
    var status = stat()
    guard lstat("\(root)/\(path)", &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Self.failure(path)
    }
    return status
  }

  /// Whether a directory on the way to the path is a symbolic link; what is behind one is not the
  /// tree's.
  private func isBehindLink(_ path: String) throws(BaseTreeError) -> Bool {
    var parent = path[...]
    while let slash = parent.lastIndex(of: "/") {
      parent = parent[..<slash]
      var status = stat()
      if lstat("\(root)/\(parent)", &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
        return true
      }
    }
    return false
  }

  public func file(at path: String) throws(BaseTreeError) -> TreeFile? {
    guard let status = try status(of: path) else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      guard status.st_size <= Self.maximumFileSize else {
        throw BaseTreeError(
          path: path,
          message: "larger than \(Self.maximumFileSize) bytes, which no source file is"
        )
      }
      let mode = status.st_mode & 0o100 != 0 ? TreeFile.executable : TreeFile.regular
      return TreeFile(mode: mode, content: try read(path, size: Int(status.st_size)))
    case S_IFLNK:
      return TreeFile(mode: TreeFile.symbolicLink, content: try linkTarget(path))
    default:
      return nil
    }
  }

  private func read(_ path: String, size: Int) throws(BaseTreeError) -> Bytes {
    let descriptor = open("\(root)/\(path)", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path) }
    defer { close(descriptor) }
    var content = Bytes(repeating: 0, count: size)
    var filled = 0
    while filled < size {
      let count = content.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, size - filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure(path) }
      if count == 0 { break }
      filled += count
    }
    content.removeLast(size - filled)
    return content
  }

  private func linkTarget(_ path: String) throws(BaseTreeError) -> Bytes {
    var target = Bytes(repeating: 0, count: Int(PATH_MAX))
    let count = target.withUnsafeMutableBytes { (buffer) -> Int in
      guard let start = buffer.bindMemory(to: CChar.self).baseAddress else { return 0 }
      return readlink("\(root)/\(path)", start, buffer.count)
    }
    guard count >= 0 else { throw Self.failure(path) }
    return Bytes(target[..<count])
  }

  public func isDirectory(_ path: String) throws(BaseTreeError) -> Bool {
    guard let status = try status(of: path) else { return false }
    return status.st_mode & S_IFMT == S_IFDIR
  }

  public func names(in directory: String) throws(BaseTreeError) -> [String] {
    if !directory.isEmpty, try !isDirectory(directory) { return [] }
    guard let stream = opendir("\(root)/\(directory)") else { throw Self.failure(directory) }
    defer { closedir(stream) }
    var result: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != "..", name != ".git" { result.append(name) }
    }
    return result
  }
}
