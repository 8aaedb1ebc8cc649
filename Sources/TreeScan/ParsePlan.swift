// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// Which files are parsed with which flags, and which of them share a precompiled header.
struct ParsePlan: Sendable {
  /// Files whose common flags are the same.
  struct Group: Sendable {
    var commonArguments: [String]
    /// Path of a header that includes the group's most used headers; nil for a group too small to
    /// repay it. Its name is the digest of its text and of the flags that it is compiled with.
    var header: String?
    var files: [IndexedFile]
  }

  let names: [String]
  let root: String
  private(set) var groups: [Group] = []
  private(set) var flags: [String: CompileFlags] = [:]
  /// Files with occurrences that are not part of the kernel, such as its build tools.
  private(set) var foreign: [String] = []

  /// One header in so many of a group's files is precompiled with the rest.
  private static let headerShare = 90
  private static let smallestGroup = 6

  /// - Parameter directory: Where headers that stand in for generated ones, and those that are
  ///   precompiled, are written; one that outlives the scan lets the next scan use this one's.
  init(
    files: [IndexedFile],
    tree: KernelTree,
    names: [String],
    directory: URL
  ) throws {
    self.names = names
    root = tree.root
    var source = try FileFlags(of: tree, directory: directory)
    var members: [[String]: [IndexedFile]] = [:]
    for file in files {
      guard let flags = try source.flags(for: file.path) else {
        foreign.append(file.path)
        continue
      }
      self.flags[file.path] = flags
      members[flags.common, default: []].append(file)
    }
    for (arguments, files) in members.sorted(by: { $0.value.count > $1.value.count }) {
      var group = Group(commonArguments: arguments, files: files)
      if files.count >= Self.smallestGroup, !arguments.isEmpty {
        let headers = PrecompiledHeader.selection(
          from: files.map(\.unconditionalHeaders),
          threshold: max(2, files.count / Self.headerShare)
        ).filter { Self.exists($0, under: arguments) }
        group.header = try PrecompiledHeader.write(
          including: headers,
          arguments: arguments,
          in: directory
        )
      }
      groups.append(group)
    }
  }

  /// Whether an include directory among the arguments has the header.
  private static func exists(_ header: String, under arguments: [String]) -> Bool {
    for (index, argument) in arguments.enumerated() where argument.hasPrefix("-I") {
      let inline = String(argument.dropFirst(2))
      let directory = inline.isEmpty ? arguments[min(index + 1, arguments.count - 1)] : inline
      if FileManager.default.fileExists(atPath: "\(directory)/\(header)") { return true }
    }
    return false
  }

  func job(for file: IndexedFile, header: String?) -> FileJob {
    let flags = flags[file.path]
    return FileJob(
      path: file.path,
      absolutePath: "\(root)/\(file.path)",
      includedBy: flags?.includedBy.map { "\(root)/\($0)" },
      commonArguments: flags?.common ?? [],
      ownArguments: flags?.specific ?? [],
      // A header is never compiled with itself already included.
      precompiledHeader: file.path.hasSuffix(".h") ? nil : header,
      names: names
    )
  }
}

extension IndexedFile {
  /// Headers in angle brackets that the file includes whatever the configuration.
  fileprivate var unconditionalHeaders: [String] {
    source.includes.filter { $0.isAngled && $0.conditions.isEmpty }.map(\.path)
  }
}
