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
  /// Compiling headers costs as much as parsing two or three files with them.
  static let smallestGroup = 3

  /// - Parameter directory: Where headers that are precompiled are written; one that outlives the
  ///   scan lets the next scan use this one's.
  init(
    files: [IndexedFile],
    flags source: inout FileFlags,
    root: String,
    names: [String],
    directory: URL,
    jobs: Int
  ) async throws {
    self.names = names
    self.root = root
    let answers = try await source.answers(for: files, jobs: jobs)
    var headers: [String: [String]] = [:]
    var members: [[String]: [IndexedFile]] = [:]
    for (file, answer) in zip(files, answers) {
      headers[file.path] = answer.headers
      guard let flags = answer.flags else {
        foreign.append(file.path)
        continue
      }
      self.flags[file.path] = flags
      members[Self.commonArguments(flags), default: []].append(file)
    }
    for (arguments, files) in members.sorted(by: { $0.value.count > $1.value.count }) {
      var group = Group(commonArguments: arguments, files: files)
      if files.count >= Self.smallestGroup, !arguments.isEmpty {
        let selected = PrecompiledHeader.selection(
          from: files.map { headers[$0.path] ?? [] },
          threshold: max(2, files.count / Self.headerShare)
        ).filter { Self.exists($0, under: arguments) }
        group.header = try PrecompiledHeader.write(
          including: selected,
          arguments: arguments,
          in: directory
        )
      }
      groups.append(group)
    }
  }

  /// Tracepoints are declared as those of a kernel without them, whose headers are read in a
  /// fraction of the time; the calls look the same. No `_Pragma()` switches warnings, which nobody
  /// reads: after the first, the compiler looks up which are on at the place of each.
  private static func commonArguments(_ flags: CompileFlags) -> [String] {
    flags.common.isEmpty ? [] : flags.common + ["-DNOTRACE", "-D_Pragma(text)="]
  }

  /// Whether an include directory among the arguments has the header.
  private static func exists(_ header: String, under arguments: [String]) -> Bool {
    CompileFlags.includeDirectories(arguments).contains {
      FileManager.default.fileExists(atPath: "\($0)/\(header)")
    }
  }

  /// - Parameter header: Used unless the file is a part of it.
  func job(for file: IndexedFile, header: CompiledHeader?) -> FileJob {
    let flags = flags[file.path]
    return FileJob(
      path: file.path,
      absolutePath: "\(root)/\(file.path)",
      includedBy: flags?.includedBy.map { "\(root)/\($0)" },
      commonArguments: flags.map(Self.commonArguments) ?? [],
      ownArguments: flags?.specific ?? [],
      precompiledHeader: header.flatMap {
        $0.files.contains("\(root)/\(file.path)") ? nil : $0.path
      },
      names: names
    )
  }
}
