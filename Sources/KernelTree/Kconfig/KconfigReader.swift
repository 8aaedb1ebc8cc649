// SPDX-License-Identifier: GPL-2.0-only

/// Reads Kconfig files. A question to the compiler or the shell is answered by `y`: the scan has
/// no compiler to ask, and code that is present is code to be read.
struct KconfigReader {
  private let root: String
  private let variables: [String: String]
  private var database = KconfigDatabase()
  private var scopes: [Scope] = [Scope(kind: .menu, dependencies: .yes)]
  private var entry = Entry.none
  private var depth = 0
  private static let deepestSource = 32
  /// A longer line is no entry of a real file; it is left out.
  private static let longestLineBytes = 16 << 10

  private enum Entry {
    case none
    case symbol(String)
    case choice(Int)
    case menu
    /// A `comment`: its dependencies concern nobody.
    case comment
  }

  private struct Scope {
    enum Kind {
      case menu, condition
      case choice(Int)
    }
    let kind: Kind
    var dependencies: KconfigExpression
  }

  init(root: String, architecture: String) {
    self.root = root
    variables = [
      "SRCARCH": architecture,
      "ARCH": architecture,
      "HEADER_ARCH": architecture,
      "srctree": root,
      "objtree": root,
    ]
  }

  /// Reads the top-level Kconfig and all that it leads to.
  mutating func run() -> KconfigDatabase {
    source("Kconfig")
    return database
  }

  private mutating func source(_ path: String) {
    guard depth < Self.deepestSource else { return }
    guard let bytes = FileSystem.contents("\(root)/\(path)", limitBytes: 4 << 20) else {
      database.missing.append(path)
      return
    }
    depth += 1
    defer { depth -= 1 }
    let directory = path.parentPath ?? ""
    var pending: [UInt8] = []
    var helpIndent: Int?
    var expectsHelp = false
    for line in bytes.split(separator: ASCII.newline, omittingEmptySubsequences: false) {
      let indent = Self.indent(of: line)
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
      guard let first = text.first, first != ASCII.hash, text.count < Self.longestLineBytes
      else { continue }
      expectsHelp = read(expand(String(decoding: text, as: UTF8.self))[...], in: directory)
    }
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

  /// Reads one line; true when help text follows.
  private mutating func read(_ line: Substring, in directory: String) -> Bool {
    let bytes = line.utf8.drop(while: \.isBlank)
    let keyword = Substring(bytes.prefix { !$0.isBlank })
    var tokens = KconfigTokens(Substring(bytes.dropFirst(keyword.utf8.count)))
    switch keyword {
    case "help", "---help---": return true
    case "config", "menuconfig": if let name = tokens.takeWord() { begin(name, in: directory) }
    case "choice": beginChoice()
    case "menu":
      scopes.append(Scope(kind: .menu, dependencies: enclosing))
      entry = .menu
    case "comment", "mainmenu": entry = .comment
    case "if":
      let condition = tokens.expression() ?? .yes
      scopes.append(
        Scope(kind: .condition, dependencies: .both(enclosing, condition))
      )
      entry = .none
    case "endif", "endmenu", "endchoice":
      if scopes.count > 1 { scopes.removeLast() }
      entry = .none
    case "source", "osource": if let path = tokens.takeString() { source(path) }
    case "rsource": if let path = tokens.takeString() { source("\(directory)/\(path)") }
    default: property(keyword, &tokens)
    }
    return false
  }

  private var enclosing: KconfigExpression { scopes.last?.dependencies ?? .yes }

  private var currentChoice: Int? {
    for scope in scopes.reversed() {
      if case .choice(let index) = scope.kind { return index }
      if case .menu = scope.kind { return nil }
    }
    return nil
  }

  private mutating func begin(_ name: String, in directory: String) {
    if database.symbols[name] == nil {
      database.order.append(name)
      database.symbols[name] = KconfigDatabase.Symbol()
    }
    if database.symbols[name]?.definitions.isEmpty == true {
      database.symbols[name]?.directory = directory
    }
    let definition = KconfigDatabase.Definition(dependencies: enclosing, choice: currentChoice)
    database.symbols[name]?.definitions.append(definition)
    if let choice = currentChoice { database.choices[choice].members.append(name) }
    entry = .symbol(name)
  }

  private mutating func beginChoice() {
    database.choices.append(KconfigDatabase.Choice(dependencies: enclosing))
    let index = database.choices.count - 1
    scopes.append(Scope(kind: .choice(index), dependencies: enclosing))
    entry = .choice(index)
  }

  private mutating func property(_ keyword: Substring, _ tokens: inout KconfigTokens) {
    switch keyword {
    case "bool", "tristate", "string", "int", "hex":
      setType(keyword)
      if tokens.takeString() != nil { prompt(tokens.condition()) }
    case "prompt":
      if tokens.takeString() != nil { prompt(tokens.condition()) }
    case "def_bool", "def_tristate":
      setType(keyword.dropFirst(4))
      addDefault(&tokens)
    case "default": addDefault(&tokens)
    case "depends":
      _ = tokens.takeWord()
      if let condition = tokens.expression() { depend(condition) }
    case "select", "imply":
      guard let target = tokens.takeWord(), case .symbol(let name) = entry else { return }
      let condition = tokens.condition()
      if database.symbols[target] == nil {
        database.order.append(target)
        database.symbols[target] = KconfigDatabase.Symbol()
      }
      let selection = KconfigDatabase.Selection(
        symbol: name,
        definition: (database.symbols[name]?.definitions.count ?? 1) - 1,
        condition: condition
      )
      if keyword == "select" {
        database.symbols[target]?.selectedBy.append(selection)
      } else {
        database.symbols[target]?.impliedBy.append(selection)
      }
    case "range":
      guard case .symbol(let name) = entry, let low = tokens.takeOperand(),
        let high = tokens.takeOperand()
      else { return }
      database.symbols[name]?.ranges.append((low, high, tokens.condition()))
    default: break
    }
  }

  private mutating func setType(_ keyword: Substring) {
    guard case .symbol(let name) = entry else { return }
    if database.symbols[name]?.type == nil {
      database.symbols[name]?.type = KconfigDatabase.SymbolType(rawValue: String(keyword))
    }
  }

  private mutating func prompt(_ condition: KconfigExpression) {
    switch entry {
    case .symbol(let name): withDefinition(of: name) { $0.prompt = condition }
    case .choice(let index): database.choices[index].prompt = condition
    case .none, .menu, .comment: break
    }
  }

  private mutating func addDefault(_ tokens: inout KconfigTokens) {
    guard let value = tokens.expression() else { return }
    let conditional = KconfigDatabase.Conditional(value: value, condition: tokens.condition())
    switch entry {
    case .symbol(let name): withDefinition(of: name) { $0.defaults.append(conditional) }
    case .choice(let index): database.choices[index].defaults.append(conditional)
    case .none, .menu, .comment: break
    }
  }

  private mutating func depend(_ condition: KconfigExpression) {
    switch entry {
    case .symbol(let name):
      withDefinition(of: name) { $0.dependencies = .both($0.dependencies, condition) }
    case .choice(let index):
      let dependencies = database.choices[index].dependencies
      database.choices[index].dependencies = .both(dependencies, condition)
      scopes[scopes.count - 1].dependencies = .both(enclosing, condition)
    case .menu: scopes[scopes.count - 1].dependencies = .both(enclosing, condition)
    case .none, .comment: break
    }
  }

  private mutating func withDefinition(
    of name: String,
    _ change: (inout KconfigDatabase.Definition) -> Void
  ) {
    guard let last = database.symbols[name]?.definitions.indices.last else { return }
    if var definition = database.symbols[name]?.definitions[last] {
      change(&definition)
      database.symbols[name]?.definitions[last] = definition
    }
  }

  /// Replaces `$(NAME)` by its value and every question to compiler or shell by its answer.
  private func expand(_ line: String) -> String {
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
      default: result += variables[String(function)] ?? "y"
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
