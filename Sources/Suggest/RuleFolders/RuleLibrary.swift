// SPDX-License-Identifier: GPL-2.0-only

public import CallSites
internal import Foundation
public import Rules

/// Rules with the texts of their folders: those of the program, or of a directory of the user's.
public struct RuleLibrary: Sendable {
  public struct Entry: Sendable {
    public var rule: Rule
    /// C cases by file name: `before.c`, `after.c`, further pairs `before-*.c` and `after-*.c`,
    /// `keep-*.c`.
    public var cases: [String: String]
  }

  /// A rule that says what to do about call sites.
  public struct Judge: Sendable {
    public var rule: VerdictRule
    /// C cases by file name.
    public var cases: [String: String]
  }

  /// Rules that convert, in order of their ids.
  public private(set) var entries: [Entry] = []
  /// Rules that judge, in order of their ids.
  public private(set) var judges: [Judge] = []
  /// Files that the cases include, by name.
  public private(set) var headers: [String: String] = [:]
  /// Of all texts (FNV-1a): other rules, another fingerprint.
  public let fingerprint: String

  /// What the rules say about call sites.
  public var verdicts: VerdictRules { VerdictRules(judges.map(\.rule)) }

  /// The rules that are part of the program.
  public static func bundled() throws(RuleError) -> RuleLibrary {
    try RuleLibrary(files: BundledRules.files, origin: "rules")
  }

  /// - Parameter directory: has a folder for each rule, and the headers of their cases
  public init(directory: String) throws(RuleError) {
    let manager = FileManager.default
    var files: [String: String] = [:]
    guard let names = manager.enumerator(atPath: directory) else {
      throw RuleError(path: directory, message: "cannot be read; give a directory of rules")
    }
    for case let name as String in names
    where name.hasSuffix(".yaml") || name.hasSuffix(".c") || name.hasSuffix(".h") {
      guard let data = manager.contents(atPath: "\(directory)/\(name)") else {
        throw RuleError(path: "\(directory)/\(name)", message: "cannot be read")
      }
      guard let text = String(validating: data, as: UTF8.self) else {
        throw RuleError(path: "\(directory)/\(name)", message: "is not UTF-8 text")
      }
      files[name] = text
    }
    try self.init(files: files, origin: directory)
  }

  /// - Parameters:
  ///   - files: texts by path below the rules' directory
  ///   - origin: what errors call that directory
  public init(files: [String: String], origin: String) throws(RuleError) {
    let bytes = files.sorted { $0.key < $1.key }.flatMap {
      Array($0.key.utf8) + Array($0.value.utf8)
    }
    let digest = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    fingerprint = String(digest, radix: 16)
    var folders: Set<String> = []
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      let parts = path.split(separator: "/")
      if parts.count == 2 { folders.insert(String(parts[0])) }
      if parts.count == 1, path.hasSuffix(".h") { headers[path] = text }
    }
    guard !folders.isEmpty else {
      throw RuleError(path: origin, message: "has no rule: a rule is a folder with a rule.yaml")
    }
    for folder in folders.sorted() {
      let path = "\(origin)/\(folder)/rule.yaml"
      guard let yaml = files["\(folder)/rule.yaml"] else {
        throw RuleError(path: path, message: "is missing; a rule is a folder with a rule.yaml")
      }
      var cases: [String: String] = [:]
      for (name, text) in files where name.hasPrefix(folder + "/") && name.hasSuffix(".c") {
        cases[String(name.dropFirst(folder.count + 1))] = text
      }
      let id: String
      if try VerdictRule.isVerdict(yaml: yaml, path: path) {
        let rule = try VerdictRule(yaml: yaml, path: path)
        judges.append(Judge(rule: rule, cases: cases))
        id = rule.id
      } else {
        let rule = try Rule(yaml: yaml, path: path)
        entries.append(Entry(rule: rule, cases: cases))
        id = rule.id
      }
      guard id == folder else {
        throw RuleError(path: path, message: "the id \(id) is not the name of its folder")
      }
    }
  }
}
