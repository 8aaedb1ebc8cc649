// SPDX-License-Identifier: GPL-2.0-only

/// Gives every symbol the value that `make allmodconfig` gives it: what can be a module is one,
/// what can be set is set, the rest has its default. scripts/kconfig/symbol.c, sym_calc_value().
struct KconfigSolver {
  private let database: KconfigDatabase
  private var tristates: [String: Tristate] = [:]
  private var texts: [String: String] = [:]
  private var active: Set<String> = []
  private var chosen: [Int: String] = [:]
  /// Symbols that wait for each other's values; a longer chain counts as not set.
  private static let longestChain = 1000

  /// - Parameter fixed: values that hold whatever the files say.
  init(_ database: KconfigDatabase, fixed: [String: String]) {
    self.database = database
    for (name, text) in fixed {
      tristates[name] = Tristate(text)
      texts[name] = text
    }
  }

  mutating func run() -> KernelConfiguration {
    var configuration = KernelConfiguration()
    for name in database.order {
      guard let type = database.symbols[name]?.type else { continue }
      switch type {
      case .bool, .tristate:
        let value = tristate(name)
        if value != .no { configuration[name] = value.text }
      case .int, .hex, .string:
        let value = text(name)
        if isWritten(name), type == .string || !value.isEmpty { configuration[name] = value }
      }
    }
    return configuration
  }

  // MARK: Values

  private mutating func tristate(_ name: String) -> Tristate {
    if let known = tristates[name] { return known }
    guard let symbol = database.symbols[name], let type = symbol.type,
      type == .bool || type == .tristate, active.count < Self.longestChain,
      active.insert(name).inserted
    else { return .no }
    defer { active.remove(name) }
    var value = Tristate.no
    if let choice = symbol.definitions.lazy.compactMap(\.choice).first {
      value = selected(of: choice) == name ? .yes : .no
    } else {
      value = freeValue(symbol, type)
    }
    for selection in symbol.selectedBy {
      guard value != .yes else { break }
      value = max(value, strength(of: selection))
    }
    if type == .bool, value == .module { value = .yes }
    tristates[name] = value
    return value
  }

  private mutating func freeValue(
    _ symbol: KconfigDatabase.Symbol,
    _ type: KconfigDatabase.SymbolType
  ) -> Tristate {
    let visible = visibility(symbol, type)
    if visible != .no { return min(type == .tristate ? .module : .yes, visible) }
    var direct = Tristate.no
    for definition in symbol.definitions {
      direct = max(direct, evaluate(definition.dependencies))
    }
    guard direct != .no else { return .no }
    for definition in symbol.definitions {
      for option in definition.defaults {
        let condition = evaluate(.both(definition.dependencies, option.condition))
        if condition != .no { return min(evaluate(option.value), condition) }
      }
    }
    var implied = Tristate.no
    for selection in symbol.impliedBy { implied = max(implied, strength(of: selection)) }
    return min(implied, direct)
  }

  /// The least value that a select gives to its target.
  private mutating func strength(of selection: KconfigDatabase.Selection) -> Tristate {
    let given = tristate(selection.symbol)
    guard given != .no,
      let definitions = database.symbols[selection.symbol]?.definitions,
      definitions.indices.contains(selection.definition)
    else { return .no }
    let dependencies = definitions[selection.definition].dependencies
    return min(given, evaluate(.both(dependencies, selection.condition)))
  }

  private mutating func visibility(
    _ symbol: KconfigDatabase.Symbol,
    _ type: KconfigDatabase.SymbolType
  ) -> Tristate {
    var visible = Tristate.no
    for definition in symbol.definitions {
      guard let prompt = definition.prompt else { continue }
      visible = max(visible, evaluate(.both(definition.dependencies, prompt)))
    }
    return type == .bool && visible == .module ? .yes : visible
  }

  /// The member of a choice that is set.
  private mutating func selected(of index: Int) -> String? {
    if let known = chosen[index] { return known.isEmpty ? nil : known }
    let choice = database.choices[index]
    if let fixed = choice.members.first(where: { tristates[$0] == .yes }) {
      chosen[index] = fixed
      return fixed
    }
    chosen[index] = ""
    guard evaluate(.both(choice.dependencies, choice.prompt)) != .no else { return nil }
    let visible = choice.members.filter { name in
      guard let symbol = database.symbols[name] else { return false }
      return visibility(symbol, .bool) != .no
    }
    let preferred = choice.defaults.lazy.compactMap { option -> (String, KconfigExpression)? in
      guard case .symbol(let name) = option.value else { return nil }
      return (name, option.condition)
    }
    var selection = visible.first
    for (name, condition) in preferred where visible.contains(name) {
      if evaluate(condition) != .no {
        selection = name
        break
      }
    }
    chosen[index] = selection ?? ""
    return selection
  }

  private mutating func text(_ name: String) -> String {
    if let known = texts[name] { return known }
    guard let symbol = database.symbols[name], let type = symbol.type else {
      // An unknown word stands for itself.
      return tristates[name]?.text ?? name
    }
    guard type != .bool, type != .tristate else { return tristate(name).text }
    guard active.insert(name).inserted else { return "" }
    defer { active.remove(name) }
    var value = ""
    search: for definition in symbol.definitions {
      for option in definition.defaults
      where evaluate(.both(definition.dependencies, option.condition)) != .no {
        value = operandText(option.value)
        break search
      }
    }
    let isPresent = symbol.definitions.contains { evaluate($0.dependencies) != .no }
    if isPresent, type == .int || type == .hex {
      value = clamp(value.isEmpty ? "0" : value, symbol, type)
    }
    texts[name] = isPresent ? value : ""
    return isPresent ? value : ""
  }

  /// Whether a number or text gets into the configuration: when it can be asked for or has a
  /// default. Other entries have a value for those that compare with it, and no line.
  private mutating func isWritten(_ name: String) -> Bool {
    guard let symbol = database.symbols[name], let type = symbol.type else { return false }
    if visibility(symbol, type) != .no { return true }
    return symbol.definitions.contains { definition in
      definition.defaults.contains {
        evaluate(.both(definition.dependencies, $0.condition)) != .no
      }
    }
  }

  private mutating func clamp(
    _ value: String,
    _ symbol: KconfigDatabase.Symbol,
    _ type: KconfigDatabase.SymbolType
  ) -> String {
    guard let number = KconfigExpression.number(value) else { return value }
    for (low, high, condition) in symbol.ranges where evaluate(condition) != .no {
      let bounds = (operandText(low), operandText(high))
      if let least = KconfigExpression.number(bounds.0), number < least { return bounds.0 }
      if let most = KconfigExpression.number(bounds.1), number > most { return bounds.1 }
      break
    }
    return type == .hex && !value.hasPrefix("0x") ? "0x\(value)" : value
  }

  private mutating func operandText(_ expression: KconfigExpression) -> String {
    switch expression {
    case .symbol(let name): text(name)
    case .constant(let constant): constant
    default: evaluate(expression).text
    }
  }

  private mutating func evaluate(_ expression: KconfigExpression) -> Tristate {
    switch expression {
    case .symbol(let name): return tristate(name)
    case .constant(let constant): return Tristate(constant)
    case .not(let operand): return evaluate(operand).negated
    case .and(let left, let right):
      let first = evaluate(left)
      return first == .no ? .no : min(first, evaluate(right))
    case .or(let left, let right):
      let first = evaluate(left)
      return first == .yes ? .yes : max(first, evaluate(right))
    case .compare(let left, let comparison, let right):
      let texts = (operandText(left), operandText(right))
      return KconfigExpression.compare(texts.0, comparison, texts.1) ? .yes : .no
    }
  }
}
