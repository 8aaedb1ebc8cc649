// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// Files that are complete or absent, whenever the program is killed.
package enum AtomicFile {
  /// Writes `text` beside `path` and renames it into place.
  ///
  /// Something that is not a regular file, such as `/dev/stdout` or a pipe, is written to in place.
  package static func write(_ text: String, to path: String) throws(OutputError) {
    try write([UInt8](text.utf8), to: path)
  }

  package static func write(_ content: [UInt8], to path: String) throws(OutputError) {
    let bytes = Data(content)
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw OutputError(path: path, reason: "is a directory")
    }
    if exists, status.st_mode & S_IFMT != S_IFREG {
      try append(bytes, to: path)
      return
    }
    let temporary = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36))"
    // The mask of the process is left to open(): reading it would mean to change it for a moment.
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw OutputError(path: path, code: errno) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: bytes)
      try file.synchronize()
      if exists, fchmod(descriptor, status.st_mode & 0o777) != 0 {
        throw OutputError(path: path, code: errno)
      }
      guard rename(temporary, path) == 0 else { throw OutputError(path: path, code: errno) }
    } catch let error as OutputError {
      unlink(temporary)
      throw error
    } catch {
      unlink(temporary)
      throw OutputError(path: path, reason: "\(error)")
    }
  }

  private static func append(_ bytes: Data, to path: String) throws(OutputError) {
    guard let file = FileHandle(forWritingAtPath: path) else {
      throw OutputError(path: path, code: errno)
    }
    do {
      try file.write(contentsOf: bytes)
      try file.close()
    } catch {
      throw OutputError(path: path, reason: "\(error)")
    }
  }
}

/// A report that could not be stored.
package struct OutputError: Error, CustomStringConvertible {
  let path: String
  let reason: String

  init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  init(path: String, code: Int32) {
    self.init(path: path, reason: String(cString: strerror(code)).lowercased())
  }

  package var description: String {
    "cannot write \(path): \(reason)"
  }
}
