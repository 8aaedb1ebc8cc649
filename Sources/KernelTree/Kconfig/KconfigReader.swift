// SPDX-License-Identifier: GPL-2.0-only

/// Reads a tree's Kconfig files as one architecture sees them.
struct KconfigReader {
  private let files: KconfigFiles
  private let architecture: String
  private var database = KconfigDatabase()
  private var scopes: [Scope] = [Scope(kind: .menu, dependencies: .yes)]
  private var entry = Entry.none
  private var depth = 0
  private static let deepestSource = 32

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

  init(files: KconfigFiles, architecture: String) {
    self.files = files
    self.architecture = architecture
  }

  /// Reads the top-level Kconfig and all that it leads to.
  mutating func run() -> KconfigDatabase {
    source("Kconfig")
    return database
  }

  private mutating func source(_ path: String) {
    guard depth < Self.deepestSource else { return }
    guard let statements = files.statements(of: path) else {
      database.missing.append(path)
      return
    }
    depth += 1
    defer { depth -= 1 }
    let directory = path.parentPath ?? ""
    for statement in statements {
      if case .varying(let line) = statement {
        KconfigStatement.statement(of: line, architecture: architecture)
          .map { read($0, in: directory) }
      } else {
        read(statement, in: directory)
      }
    }
  }

  private mutating func read(_ statement: KconfigStatement, in directory: String) {
    switch statement {
    case .config(let name): begin(name, in: directory)
    case .choice: beginChoice()
    case .menu:
      scopes.append(Scope(kind: .menu, dependencies: enclosing))
      entry = .menu
    case .comment: entry = .comment
    case .condition(let condition):
      scopes.append(
        Scope(kind: .condition, dependencies: .both(enclosing, condition))
      )
      entry = .none
    case .end:
      if scopes.count > 1 { scopes.removeLast() }
      entry = .none
    case .source(let path): source(path)
    case .relativeSource(let path): source("\(directory)/\(path)")
    case .type(let type, let condition):
      setType(type)
      if let condition { prompt(condition) }
    case .prompt(let condition): prompt(condition)
    case .value(let value, let type):
      if let type { setType(type) }
      addDefault(value)
    case .dependency(let condition): depend(condition)
    case .select(let target, let condition):
      selection(of: target, condition).map { database.symbols[target]?.selectedBy.append($0) }
    case .imply(let target, let condition):
      selection(of: target, condition).map { database.symbols[target]?.impliedBy.append($0) }
    case .range(let low, let high, let condition):
      guard case .symbol(let name) = entry else { return }
      database.symbols[name]?.ranges.append((low, high, condition))
    case .varying: break
    }
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
    declare(name)
    if database.symbols[name]?.definitions.isEmpty == true {
      database.symbols[name]?.directory = directory
    }
    let definition = KconfigDatabase.Definition(dependencies: enclosing, choice: currentChoice)
    database.symbols[name]?.definitions.append(definition)
    if let choice = currentChoice { database.choices[choice].members.append(name) }
    entry = .symbol(name)
  }

  private mutating func declare(_ name: String) {
    guard database.symbols[name] == nil else { return }
    database.order.append(name)
    database.symbols[name] = KconfigDatabase.Symbol()
  }

  private mutating func beginChoice() {
    database.choices.append(KconfigDatabase.Choice(dependencies: enclosing))
    let index = database.choices.count - 1
    scopes.append(Scope(kind: .choice(index), dependencies: enclosing))
    entry = .choice(index)
  }

  /// What the current symbol does to another; nil outside of a symbol.
  private mutating func selection(
    of target: String,
    _ condition: KconfigExpression
  ) -> KconfigDatabase.Selection? {
    guard case .symbol(let name) = entry else { return nil }
    declare(target)
    return KconfigDatabase.Selection(
      symbol: name,
      definition: (database.symbols[name]?.definitions.count ?? 1) - 1,
      condition: condition
    )
  }

  private mutating func setType(_ type: KconfigDatabase.SymbolType) {
    guard case .symbol(let name) = entry, database.symbols[name]?.type == nil else { return }
    database.symbols[name]?.type = type
  }

  private mutating func prompt(_ condition: KconfigExpression) {
    switch entry {
    case .symbol(let name): withDefinition(of: name) { $0.prompt = condition }
    case .choice(let index): database.choices[index].prompt = condition
    case .none, .menu, .comment: break
    }
  }

  private mutating func addDefault(_ value: KconfigDatabase.Conditional) {
    switch entry {
    case .symbol(let name): withDefinition(of: name) { $0.defaults.append(value) }
    case .choice(let index): database.choices[index].defaults.append(value)
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
    change(&database.symbols[name, default: KconfigDatabase.Symbol()].definitions[last])
  }
}
