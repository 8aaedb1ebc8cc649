// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// What the members and functions are called that take the place of one table.
struct TableNames {
  private let names: [String: String]

  /// - Parameters:
  ///   - map: the function that maps the table
  ///   - words: every name of the text
  init(
    _ table: TableReplacement,
    record: CRecord,
    member: String,
    map: CFunction,
    functions: [CFunction],
    words: Set<String>
  ) throws(Unsuitable) {
    var names = [TableReplacement.tag: record.name]
    let taken = Set(record.fields.map(\.name))
    for new in table.members {
      guard let name = [new.name, "\(member)_\(new.name)"].first(where: { !taken.contains($0) })
      else { throw Unsuitable(reason: "struct \(record.name) has no name left for \(new.name)") }
      names[new.key] = name
    }
    // What most functions of the driver begin with, or else the struct.
    let first = map.name.drop { $0 == "_" }.prefix { $0 != "_" }
    let alike = functions.count { $0.name.hasPrefix("\(first)_") }
    let isCommon = !first.isEmpty && 2 * alike > functions.count
    let prefixes = (isCommon ? [String(first)] : []) + [record.name]
    let free = prefixes.first { prefix in
      table.helpers.allSatisfy { !words.contains("\(prefix)_\($0.name)") }
    }
    guard let free else {
      throw Unsuitable(reason: "there are functions called \(record.name)_… already")
    }
    for helper in table.helpers { names[helper.key] = "\(free)_\(helper.name)" }
    self.names = names
  }

  subscript(key: String) -> String? { names[key] }

  /// A text of the rule with the names of this table.
  /// - Parameter value: what else a word stands for
  func fill(
    _ template: String,
    owner: (pointer: String, member: String)? = nil,
    value: (String, Bool) throws(Unsuitable) -> String? = { _, _ throws(Unsuitable) in nil }
  ) throws(Unsuitable) -> String {
    let tokens = CToken.tokens(of: Array(template.utf8))
    var text = ""
    var number = 0
    while number < tokens.count {
      let token = tokens[number]
      if token.isSpaced, number > 0 { text += " " }
      let before = number > 0 ? tokens[number - 1].text : "("
      let after = number + 1 < tokens.count ? tokens[number + 1].text : ")"
      number += 1
      if token.text == TableReplacement.owner, let owner {
        if after == "->" { number += 1 }
        text += after == "->" ? owner.member : owner.pointer
      } else if let name = names[token.text] {
        text += name
      } else {
        let isAlone = ["(", ","].contains(before) && [")", ","].contains(after)
        text += try value(token.text, isAlone) ?? token.text
      }
    }
    return text
  }

  /// A text of several lines, each of which is broken where it is too wide.
  func lines(of text: String, _ layout: LineLayout) throws(Unsuitable) -> [String] {
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let tabs = String(line.prefix { $0 == "\t" })
      lines += line.isEmpty ? [""] : layout.lines(of: try fill(String(line)), indentation: tabs)
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
