// SPDX-License-Identifier: GPL-2.0-only

import Foundation

/// The checked-out sources as text.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
  }

  /// Regular files below a directory, as paths from the root, sorted.
  static func files(under directory: String, suffixes: [String] = [""]) -> [String] {
    let base = root.appending(path: directory)
    let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
    return (names ?? []).filter { name in
      var isDirectory: ObjCBool = false
      let path = base.appending(path: name).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        && !isDirectory.boolValue && suffixes.contains { name.hasSuffix($0) }
    }.map { "\(directory)/\($0)" }.sorted()
  }

  /// The targets of the manifest's `rooms`, from the program down to what all others rest on.
  static func rooms() throws -> [String] {
    let manifest = try text("Package.swift")
    guard let start = manifest.range(of: "let rooms"), let end = manifest.range(of: "let tests")
    else { return [] }
    return manifest[start.upperBound..<end.lowerBound]
      .matches(of: /\.(?:target|executableTarget|plugin|systemLibrary)\(\s*name: "(\w+)"/)
      .map { String($0.output.1) }
  }

  static let sources: [SwiftSource] = files(under: "Sources", suffixes: [".swift"])
    .compactMap { path in (try? text(path)).map { SwiftSource(path: path, text: $0) } }

  static let tests: [SwiftSource] = files(under: "Tests", suffixes: [".swift"])
    .compactMap { path in (try? text(path)).map { SwiftSource(path: path, text: $0) } }
}
