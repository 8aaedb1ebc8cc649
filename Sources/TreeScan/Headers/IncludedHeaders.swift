// SPDX-License-Identifier: GPL-2.0-only

internal import KernelTree
internal import Synchronization

/// Finds the headers that files include, as the compiler would, and leaves out the bodies of their
/// functions, which no parse for call sites needs.
///
/// A quarter of the time that a driver's file takes to parse goes into such bodies. A header that
/// is missed is parsed as it is, and one too many is not read: the texts save time only. What is
/// foreign to a file whose parse has failed says which macros the next one goes without.
final class IncludedHeaders: Sendable {
  /// A worker process answers one question at a time.
  static let met = IncludedHeaders()

  /// A file whose includes are followed.
  struct Includer {
    let path: String
    let includes: [HeaderText.Include]
  }

  private let state = Mutex(State())

  /// The texts, by path, of the headers that have bodies to leave out among those that the files
  /// include. None is a part of the precompiled headers: the compiler refuses another text for one.
  ///
  /// - Parameters:
  ///   - job: whose include directories are those of all the files
  ///   - precompiled: path of precompiled headers, if any
  func texts(
    of includers: [Includer],
    for job: FileJob,
    after precompiled: String?
  ) -> [String: [UInt8]] {
    state.withLock { $0.texts(of: includers, for: job, after: precompiled) }
  }

  /// Those of some files that are part of the precompiled headers although none of the includers
  /// comes to them, whatever the conditions around an include.
  ///
  /// - Parameters:
  ///   - job: whose include directories are those of all the includers
  ///   - precompiled: path of the precompiled headers
  func foreign(
    _ files: Set<String>,
    to includers: [Includer],
    for job: FileJob,
    after precompiled: String
  ) -> Set<String> {
    state.withLock { $0.foreign(files, to: includers, for: job, after: precompiled) }
  }
}

extension IncludedHeaders.Includer {
  /// A file that cannot be read includes nothing.
  init(readingFrom path: String) {
    self.init(path: path, includes: HeaderText(readingFrom: path)?.includes ?? [])
  }
}

private struct State {
  /// Well above what a file of the kernel includes. Links to a directory from within it give a
  /// header that includes itself by them more names than could ever be followed.
  private static let mostHeaders = 16_384

  private var files: [File] = []
  /// By path: its place in `files`; nil where there is no such file.
  private var numbers: [String: Int?] = [:]
  private var searches: [[String]: Search] = [:]
  private var precompiled: [String: Precompiled] = [:]

  private struct File {
    let path: String
    let directory: Substring
    let text: HeaderText
  }

  /// Where the compiler looks for headers.
  private struct Search {
    let directories: [String]
    /// By include; nil for one that is not there.
    var places: [String: Int?] = [:]
    /// By header: the files that it includes.
    var included: [Int: [Int]] = [:]
  }

  private struct Precompiled {
    /// Nil when nothing says of which files the headers were made.
    let files: Set<String>?
    /// Whether a file is one of these, as far as that was asked.
    var known: [Int: Bool] = [:]

    mutating func contains(_ number: Int, _ path: String) -> Bool {
      if let known = known[number] { return known }
      let contains = files?.contains(path) ?? false
      known[number] = contains
      return contains
    }
  }

  mutating func texts(
    of includers: [IncludedHeaders.Includer],
    for job: FileJob,
    after header: String?
  ) -> [String: [UInt8]] {
    var compiled = header.map { compiledHeader($0) } ?? Precompiled(files: [])
    guard compiled.files != nil else { return [:] }
    var texts: [String: [UInt8]] = [:]
    follow(includers, for: job) { number, file in
      guard !compiled.contains(number, file.path) else { return false }
      if let text = file.text.bodiless { texts[file.path] = text }
      return true
    }
    if let header { precompiled[header] = compiled }
    return texts
  }

  mutating func foreign(
    _ wanted: Set<String>,
    to includers: [IncludedHeaders.Includer],
    for job: FileJob,
    after header: String
  ) -> Set<String> {
    let compiled = compiledHeader(header).files ?? []
    var left = Dictionary(wanted.map { ($0.normalizedPath, $0) }, uniquingKeysWith: { $1 })
      .filter { compiled.contains($0.key) }
    guard !left.isEmpty else { return [] }
    let forced = job.forcedIncludes.map { IncludedHeaders.Includer(readingFrom: $0) }
    for includer in forced { left[includer.path.normalizedPath] = nil }
    let isWhole = follow(includers + forced, for: job) { _, file in
      left[file.path] = nil
      return !left.isEmpty
    }
    return isWhole ? Set(left.values) : []
  }

  private func compiledHeader(_ path: String) -> Precompiled {
    precompiled[path] ?? Precompiled(files: PrecompiledHeader.files(of: path))
  }

  /// Goes through the headers that the includers come to, each once.
  ///
  /// - Parameter visit: Says whether to go on to what the header includes.
  /// - Returns: False when there are more than are followed.
  @discardableResult
  private mutating func follow(
    _ includers: [IncludedHeaders.Includer],
    for job: FileJob,
    visit: (Int, File) -> Bool
  ) -> Bool {
    let directories = CompileFlags.includeDirectories(job.commonArguments + job.ownArguments)
    var search = searches.removeValue(forKey: directories) ?? Search(directories: directories)
    var met: Set<Int> = []
    var pending = includers.flatMap { includer in
      numbers(of: includer.includes, in: Self.directory(of: includer.path), &search)
    }
    while met.count < Self.mostHeaders, let number = pending.popLast() {
      guard met.insert(number).inserted, visit(number, files[number]) else { continue }
      let file = files[number]
      let included =
        search.included[number] ?? numbers(of: file.text.includes, in: file.directory, &search)
      search.included[number] = included
      pending += included
    }
    searches[directories] = search
    return pending.isEmpty
  }

  private mutating func numbers(
    of includes: [HeaderText.Include],
    in directory: Substring,
    _ search: inout Search
  ) -> [Int] {
    includes.compactMap { include in
      if !include.isAngled, let beside = number(of: "\(directory)/\(include.path)") {
        return beside
      }
      if let known = search.places[include.path] { return known }
      for directory in search.directories {
        guard let place = number(of: "\(directory)/\(include.path)") else { continue }
        search.places[include.path] = place
        return place
      }
      search.places[include.path] = .some(nil)
      return nil
    }
  }

  private mutating func number(of path: String) -> Int? {
    if let known = numbers[path] { return known }
    // Else two headers in different directories that include each other would be met by ever more
    // and longer paths.
    let plain = path.normalizedPath
    let number =
      numbers[plain]
      ?? HeaderText(readingFrom: plain).map { text in
        files.append(File(path: plain, directory: Self.directory(of: plain), text: text))
        return files.count - 1
      }
    numbers[plain] = .some(number)
    numbers[path] = .some(number)
    return number
  }

  private static func directory(of path: String) -> Substring {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? "."
  }
}
