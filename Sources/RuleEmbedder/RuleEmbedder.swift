// SPDX-License-Identifier: GPL-2.0-only

import Foundation

/// Writes the texts of a directory of rules as a Swift table; the build runs it.
@main struct RuleEmbedder {
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      throw Refusal(description: "usage: RuleEmbedder RULES OUTPUT")
    }
    let table = try table(of: arguments[1])
    try Data(table.utf8).write(to: URL(filePath: arguments[2]))
  }

  private static func table(of directory: String) throws -> String {
    var text = "enum BundledRules {\n  static let files: [String: String] = [\n"
    for name in try FileManager.default.subpathsOfDirectory(atPath: directory).sorted()
    where name.hasSuffix(".yaml") || name.hasSuffix(".c") || name.hasSuffix(".h") {
      let content = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
      guard !content.contains("\"\"\"##") else {
        throw Refusal(description: "\(directory)/\(name): holds the end of a Swift text")
      }
      text += "    \"\(name)\": ##\"\"\"\n\(content)\n\"\"\"##,\n"
    }
    return text + "  ]\n}\n"
  }
}
