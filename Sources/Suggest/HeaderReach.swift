// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// Whether files come to one header, by what they include and what that includes.
///
/// Every `#include` counts, whatever the conditions around it. One that is in none of the directories
/// leads nowhere, but for one that ends as the header's path does.
struct HeaderReach {
  /// Absolute.
  private let header: String
  /// In which headers are looked for, absolute.
  private let directories: [String]
  /// What does not lead to the header.
  private var strangers: Set<String> = []
  /// By `#include` that is not beside the file with it; nil for one that is nowhere.
  private var places: [String: String?] = [:]

  /// - Parameter arguments: of the compiler
  init(_ header: String, arguments: [String]) {
    self.header = header
    directories = CompileFlags.includeDirectories(arguments)
  }

  /// - Parameters:
  ///   - file: absolute
  ///   - includes: of the file
  mutating func isReached(from file: String, by includes: [HeaderText.Include]) -> Bool {
    var pending = includes.map { (file, $0) }
    var met: Set<String> = []
    while let (includer, include) = pending.popLast() {
      if mayBe(include, in: includer) { return true }
      guard let next = place(of: include, in: includer) else { continue }
      if next == header { return true }
      guard !strangers.contains(next), met.insert(next).inserted else { continue }
      pending += (HeaderText(readingFrom: next)?.includes ?? []).map { (next, $0) }
    }
    strangers.formUnion(met)
    return false
  }

  /// Whether what a file includes is the header: in quotes, a file beside it of that name comes first.
  private func mayBe(_ include: HeaderText.Include, in file: String) -> Bool {
    guard header.hasSuffix("/" + include.path) else { return false }
    guard !include.isAngled else { return true }
    let beside = Self.path(of: include, beside: file)
    return beside == header || !Self.isThere(beside)
  }

  private mutating func place(of include: HeaderText.Include, in file: String) -> String? {
    if !include.isAngled {
      let beside = Self.path(of: include, beside: file)
      if Self.isThere(beside) { return beside }
    }
    if let known = places[include.path] { return known }
    let place = directories.lazy.map { "\($0)/\(include.path)".normalizedPath }
      .first { Self.isThere($0) }
    places[include.path] = .some(place)
    return place
  }

  private static func path(of include: HeaderText.Include, beside file: String) -> String {
    let folder = file.lastIndex(of: "/").map { file[...$0] } ?? ""
    return "\(folder)\(include.path)".normalizedPath
  }

  private static func isThere(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }
}
