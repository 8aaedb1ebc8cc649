// SPDX-License-Identifier: GPL-2.0-only
public import KernelAPI

/// A Linux source tree, and where its generated headers are. Nothing is ever written into it.
public struct KernelTree: Sendable, Hashable {
  /// How far the tree's generated headers exist.
  public enum Preparation: Sendable, Hashable {
    /// `make prepare` was run in the tree itself.
    case inPlace
    /// `make O=DIRECTORY prepare` was run.
    case buildDirectory(String)
    /// There are none; an overlay stands in for them.
    case unprepared
  }

  /// Absolute, without symbolic links.
  public let root: String
  public let release: KernelRelease
  public let preparation: Preparation

  /// The directory that holds `.config` and `include/generated`; nil when unprepared.
  public var buildDirectory: String? {
    switch preparation {
    case .inPlace: root
    case .buildDirectory(let directory): directory
    case .unprepared: nil
    }
  }

  /// Opens a tree.
  ///
  /// - Parameters:
  ///   - path: the directory with the kernel's top-level Makefile.
  ///   - build: the directory given to `make O=`, when the tree was prepared elsewhere.
  public init(path: String, build: String? = nil) throws(KernelTreeError) {
    root = try FileSystem.realDirectory(path, operation: "open kernel tree")
    release = try Self.release(of: root)
    if let build {
      let directory = try FileSystem.realDirectory(build, operation: "open build directory")
      guard Self.isPrepared(directory) else {
        throw KernelTreeError(
          operation: "open build directory",
          path: directory,
          message: "no include/generated/autoconf.h; run make O=\(build) prepare first"
        )
      }
      preparation = directory == root ? .inPlace : .buildDirectory(directory)
    } else {
      preparation = Self.isPrepared(root) ? .inPlace : .unprepared
    }
  }

  /// The path from the root on; one outside of the tree stays.
  public func relative(_ path: String) -> String {
    path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
  }

  private static func isPrepared(_ directory: String) -> Bool {
    FileSystem.isRegularFile("\(directory)/include/generated/autoconf.h")
  }

  /// Reads VERSION, PATCHLEVEL, SUBLEVEL and EXTRAVERSION from the top-level Makefile.
  private static func release(of root: String) throws(KernelTreeError) -> KernelRelease {
    let operation = "open kernel tree"
    let remedy = "give the directory with the kernel's top-level Makefile"
    guard let makefile = FileSystem.contents("\(root)/Makefile", limitBytes: 1 << 20) else {
      throw KernelTreeError(
        operation: operation,
        path: root,
        message: "not a kernel tree: it has no readable Makefile; \(remedy)"
      )
    }
    var values: [Substring: String] = [:]
    let text = String(decoding: makefile, as: UTF8.self)
    for line in text.split(separator: "\n").prefix(40) {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      let name = parts[0].split(whereSeparator: \.isWhitespace).first ?? ""
      values[name, default: ""] = parts[1].trimmed
    }
    guard let version = values["VERSION"].flatMap({ Int($0) }),
      let patchlevel = values["PATCHLEVEL"].flatMap({ Int($0) }),
      FileSystem.isDirectory("\(root)/include/linux")
    else {
      let source = text.split(separator: "\n").lazy
        .filter { $0.hasPrefix("include ") || $0.hasPrefix("export KBUILD_OUTPUT") }.first
      let hint = source == nil ? "" : " (it looks like a build directory of another tree)"
      throw KernelTreeError(
        operation: operation,
        path: root,
        message: "not a kernel tree: its Makefile states no VERSION and PATCHLEVEL, or it has "
          + "no include/linux\(hint); \(remedy)"
      )
    }
    return KernelRelease(
      version,
      patchlevel,
      values["SUBLEVEL"].flatMap { Int($0) } ?? 0,
      extra: values["EXTRAVERSION"] ?? ""
    )
  }
}

/// A tree, or a part of it, that could not be used.
public struct KernelTreeError: Error, Sendable, Hashable, CustomStringConvertible {
  public let operation: String
  public let path: String
  public let message: String

  public init(operation: String, path: String, message: String) {
    self.operation = operation
    self.path = path
    self.message = message
  }

  public var description: String { "\(path): \(message)" }
}

extension StringProtocol {
  /// Without the white space at both ends.
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
