// SPDX-License-Identifier: GPL-2.0-only

/// One line of a Kconfig file. Documentation/kbuild/kconfig-language.rst.
enum KconfigStatement: Sendable {
  case config(String)
  case choice
  case menu
  /// `comment` or `mainmenu`: what follows concerns nobody.
  case comment
  case condition(KconfigExpression)
  /// `endif`, `endmenu` or `endchoice`.
  case end
  /// A file, relative to the tree's root.
  case source(String)
  /// A file, relative to the directory of the one that names it.
  case relativeSource(String)
  /// `bool` and its like, with the condition of the prompt when there is one on the line.
  case type(KconfigDatabase.SymbolType, prompt: KconfigExpression?)
  case prompt(KconfigExpression)
  /// `default`, or `def_bool` and its like, which say the type too.
  case value(KconfigDatabase.Conditional, type: KconfigDatabase.SymbolType?)
  case dependency(KconfigExpression)
  case select(String, condition: KconfigExpression)
  case imply(String, condition: KconfigExpression)
  case range(KconfigExpression, KconfigExpression, condition: KconfigExpression)
  /// A line that says something else for each architecture, as it is written.
  case varying(String)

  /// A longer line is no entry of a real file; it is left out.
  private static let longestLineBytes = 16 << 10

  /// Reads a file's text. A question to the compiler or the shell is answered by `y`: the scan has
  /// no compiler to ask, and code that is present is code to be read.
  static func statements(of text: [UInt8]) -> [KconfigStatement] {
    var statements: [KconfigStatement] = []
    var pending: [UInt8] = []
    var helpIndent: Int?
    var expectsHelp = false
    for line in text.split(separator: ASCII.newline, omittingEmptySubsequences: false) {
      let indent = indent(of: line)
      let isEmpty = indent.offset == line.endIndex
      if expectsHelp {
        if isEmpty { continue }
        expectsHelp = false
        helpIndent = indent.columns
      }
      if let help = helpIndent {
        if isEmpty || indent.columns >= help, help > 0 { continue }
        helpIndent = nil
      }
      if line.last == ASCII.backslash {
        pending += line.dropLast()
        continue
      }
      let text = pending.isEmpty ? line[indent.offset...] : (pending + line)[...]
      pending.removeAll(keepingCapacity: true)
      guard let first = text.first, first != ASCII.hash, text.count < longestLineBytes
      else { continue }
      let words = String(decoding: text, as: UTF8.self)
      if namesArchitecture(words) {
        statements.append(.varying(words))
        continue
      }
      let expanded = expand(words) { _ in nil }
      expectsHelp = ["help", "---help---"].contains(keyword(of: expanded))
      if let statement = KconfigStatement(line: expanded) { statements.append(statement) }
    }
    return statements
  }

  private static func indent(of line: ArraySlice<UInt8>) -> (columns: Int, offset: Int) {
    var columns = 0
    var offset = line.startIndex
    while offset < line.endIndex {
      if line[offset] == ASCII.tab {
        columns = (columns / 8 + 1) * 8
      } else if line[offset].isBlank {
        columns += 1
      } else {
        break
      }
      offset += 1
    }
    return (columns, offset)
  }

  private static func keyword(of line: String) -> Substring {
    Substring(line.utf8.drop(while: \.isBlank).prefix { !$0.isBlank })
  }

  // MARK: One line

  /// Nil when the line says nothing that matters here.
  init?(line: String) {
    let bytes = line.utf8.drop(while: \.isBlank)
    let keyword = Substring(bytes.prefix { !$0.isBlank })
    var tokens = KconfigTokens(Substring(bytes.dropFirst(keyword.utf8.count)))
    switch keyword {
    case "config", "menuconfig":
      guard let name = tokens.takeWord() else { return nil }
      self = .config(name)
    case "choice": self = .choice
    case "menu": self = .menu
    case "comment", "mainmenu": self = .comment
    case "if": self = .condition(tokens.expression() ?? .yes)
    case "endif", "endmenu", "endchoice": self = .end
    case "source", "osource":
      guard let path = tokens.takeString() else { return nil }
      self = .source(path)
    case "rsource":
      guard let path = tokens.takeString() else { return nil }
      self = .relativeSource(path)
    case "prompt":
      guard tokens.takeString() != nil else { return nil }
      self = .prompt(tokens.condition())
    case "def_bool", "def_tristate":
      guard let type = KconfigDatabase.SymbolType(rawValue: String(keyword.dropFirst(4))),
        let value = tokens.expression()
      else { return nil }
      self = .value(.init(value: value, condition: tokens.condition()), type: type)
    case "default":
      guard let value = tokens.expression() else { return nil }
      self = .value(.init(value: value, condition: tokens.condition()), type: nil)
    case "depends":
      _ = tokens.takeWord()
      guard let condition = tokens.expression() else { return nil }
      self = .dependency(condition)
    case "select", "imply":
      guard let target = tokens.takeWord() else { return nil }
      let condition = tokens.condition()
      self =
        keyword == "select"
        ? .select(target, condition: condition) : .imply(target, condition: condition)
    case "range":
      guard let low = tokens.takeOperand(), let high = tokens.takeOperand() else { return nil }
      self = .range(low, high, condition: tokens.condition())
    default:
      guard let type = KconfigDatabase.SymbolType(rawValue: String(keyword)) else { return nil }
      self = .type(type, prompt: tokens.takeString() == nil ? nil : tokens.condition())
    }
  }

  // MARK: Variables

  /// The variables that are another thing for each architecture.
  private static let architectureVariables = ["$(SRCARCH)", "$(ARCH)", "$(HEADER_ARCH)"]

  private static func namesArchitecture(_ line: String) -> Bool {
    line.utf8.contains(UInt8(ascii: "$"))
      && architectureVariables.contains { line.firstRange(of: $0) != nil }
  }

  /// The statement that a line which names the architecture is for one of them.
  static func statement(of line: String, architecture: String) -> KconfigStatement? {
    KconfigStatement(
      line: expand(line) { architectureVariables.contains("$(\($0))") ? architecture : nil }
    )
  }

  /// Replaces `$(NAME)` by its value and every question to compiler or shell by its answer. The
  /// tree's own directories are where the reader looks anyway.
  private static func expand(_ line: String, value: (Substring) -> String?) -> String {
    guard line.utf8.contains(UInt8(ascii: "$")) else { return line }
    var result = ""
    var rest = line[...]
    while let start = rest.firstRange(of: "$(") {
      result += rest[..<start.lowerBound]
      var depth = 1
      var end = start.upperBound
      while end < rest.endIndex {
        if rest[end] == "(" { depth += 1 }
        if rest[end] == ")" { depth -= 1 }
        if depth == 0 { break }
        end = rest.index(after: end)
      }
      let inner = rest[start.upperBound..<end]
      let function = inner.prefix { $0 != "," }
      switch function {
      case "failure": result += "n"
      case "shell": result += "0"
      case "srctree", "objtree": result += "."
      default: result += value(function) ?? "y"
      }
      rest = end < rest.endIndex ? rest[rest.index(after: end)...] : ""
    }
    return result + rest
  }
}

extension KconfigTokens {
  /// One symbol, number or string.
  fileprivate mutating func takeOperand() -> KconfigExpression? {
    if let text = takeString() { return .constant(text) }
    return takeWord().map {
      KconfigExpression.isNumber($0) ? .constant($0) : .symbol($0)
    }
  }
}
