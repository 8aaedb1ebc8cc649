// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// The addresses of one array of mappings, with every name that the functions of a file have for it:
/// the fields that it lives in, local variables for them, and parameters of helpers.
struct AddressArray {
  /// The field that the array is kept in, as the code that maps it, or a caller, writes it; several
  /// where one helper maps the arrays of several callers.
  private(set) var homes: [StorageField]
  /// Of an array of structs: the field of an element that holds the address.
  let element: StorageField.Place?
  /// The helpers that get the array from their callers, by the parameter it comes in.
  private(set) var parameters: [DeclarationID: CFunction] = [:]
  /// Local variables that the field is loaded from or into, with the field as it is written there.
  private(set) var locals: [DeclarationID: StorageField] = [:]

  private let functions: [CFunction]
  private let key: ExpressionKey

  /// - Parameters:
  ///   - expression: the array, as the function that maps it writes it
  ///   - seen: functions that are not static and whose callers are all among `functions`
  init(
    of expression: CExpression,
    element: StorageField.Place?,
    in function: CFunction,
    functions: [CFunction],
    seen: Set<String>,
    key: ExpressionKey
  ) throws(Unsuitable) {
    self.element = element
    self.functions = functions
    self.key = key
    var search = HomeSearch(functions: functions, seen: seen, key: key)
    try search.add(expression, in: function)
    var homes: [StorageField] = []
    for home in search.homes where !homes.contains(where: { $0.place == home.place }) {
      homes.append(home)
    }
    guard !homes.isEmpty else {
      throw Unsuitable(reason: "\(key.text(expression)) is kept in no field")
    }
    guard homes.count == 1 || element == nil else {
      throw Unsuitable(reason: "\(key.text(expression)) is kept in several fields")
    }
    self.homes = homes
    if element == nil { try search.addHelpers(of: homes.map(\.place)) }
    parameters = search.parameters
    locals = search.locals
  }

  /// The one that speaks for all in reports.
  var home: StorageField { homes[0] }

  private func isHome(_ place: StorageField.Place) -> Bool {
    homes.contains { $0.place == place }
  }

  /// What reports call the array.
  var name: String {
    element.map { "\(home.name)[].\(key.fieldName(record: $0.record, field: $0.field))" }
      ?? homes.map(\.name).joined(separator: " and ")
  }

  /// The expression is the whole array.
  func isWhole(_ expression: CExpression) -> Bool {
    switch key.stripped(expression).kind {
    case .member(_, let record, let field, _):
      isHome(.init(record: record, field: field))
    case .reference(let declaration):
      parameters[declaration] != nil || locals[declaration] != nil
    default: false
    }
  }

  /// The expression is where an address is kept, or all of them are.
  func isStorage(_ expression: CExpression) -> Bool {
    guard let element else { return isWhole(expression) }
    guard case .member(_, let record, let field, _) = expression.kind else { return false }
    return element == .init(record: record, field: field)
  }

  /// The match is of this array.
  func covers(_ match: PatternMatch, storage: String) -> Bool {
    guard match.element(storage) == element, let array = match.expression(storage) else {
      return false
    }
    if isWhole(array) { return true }
    // A function of its own has its own variables for the field.
    guard case .reference(let declaration) = key.stripped(array).kind else { return false }
    return HomeSearch(functions: functions, key: key)
      .loadedFrom(declaration, in: match.function).map { isHome($0.place) } ?? false
  }

  /// The function gets the array in this argument, and the state with it.
  func isHandedOn(to function: String, argument: Int) -> Bool {
    parameters.contains { declaration, helper in
      helper.name == function && helper.parameters.firstIndex(of: declaration) == argument
    }
  }

  /// The field beside which the state is found, as a function writes it; nil when it gets the array
  /// from its caller.
  func field(
    for array: CExpression,
    in function: CFunction
  ) throws(Unsuitable) -> StorageField? {
    switch key.stripped(array).kind {
    case .member: return StorageField(array, key: key)
    case .reference(let declaration) where parameters[declaration] != nil: return nil
    case .reference(let declaration):
      let search = HomeSearch(functions: functions, key: key)
      guard let field = search.loadedFrom(declaration, in: function) else { fallthrough }
      guard search.isStable(field.owner, in: function) else {
        throw Unsuitable(
          reason: "\(key.text(field.owner)) changes within \(function.name)()"
        )
      }
      return field
    default: throw Unsuitable(reason: "\(key.text(array)) is kept in no field")
    }
  }
}

/// Follows an array to the fields that it is kept in.
struct HomeSearch {
  let functions: [CFunction]
  let key: ExpressionKey
  private(set) var homes: [StorageField] = []
  private(set) var parameters: [DeclarationID: CFunction] = [:]
  private(set) var locals: [DeclarationID: StorageField] = [:]
  /// Functions that are not static and whose callers are all among ``functions``.
  private let seen: Set<String>

  init(functions: [CFunction], seen: Set<String> = [], key: ExpressionKey) {
    self.functions = functions
    self.seen = seen
    self.key = key
  }

  mutating func add(_ expression: CExpression, in function: CFunction) throws(Unsuitable) {
    let array = key.stripped(expression)
    switch array.kind {
    case .member:
      if let field = StorageField(array, key: key) { homes.append(field) }
    case .reference(let declaration) where function.parameters.contains(declaration):
      try addParameter(declaration, of: function)
    case .reference(let declaration):
      guard let field = loadedFrom(declaration, in: function) else {
        throw Unsuitable(reason: "\(key.text(array)) is kept in no field")
      }
      locals[declaration] = field
      homes.append(field)
    default: throw Unsuitable(reason: "\(key.text(array)) is kept in no field")
    }
  }

  /// A helper's array is what all of its callers pass it.
  private mutating func addParameter(
    _ declaration: DeclarationID,
    of function: CFunction
  ) throws(Unsuitable) {
    guard parameters[declaration] == nil,
      let position = function.parameters.firstIndex(of: declaration)
    else { return }
    guard function.isStatic || seen.contains(function.name) else {
      throw Unsuitable(
        reason: "\(function.name)() gets \(key.unit[declaration].name) from callers in other files",
        unseen: [.function(function.name)]
      )
    }
    parameters[declaration] = function
    var calls = 0
    for caller in functions {
      for arguments in FunctionReferences(to: function, in: caller, key: key).calls {
        calls += 1
        guard arguments.indices.contains(position) else { continue }
        try add(arguments[position], in: caller)
      }
      guard FunctionReferences(to: function, in: caller, key: key).isOnlyCalled else {
        throw Unsuitable(reason: "\(caller.name)() takes the address of \(function.name)()")
      }
    }
    guard calls > 0 else {
      throw Unsuitable(reason: "nothing calls \(function.name)()")
    }
  }

  /// The helpers that are handed one of the fields, or what it was loaded into.
  mutating func addHelpers(of places: [StorageField.Place]) throws(Unsuitable) {
    for caller in functions {
      for helper in functions {
        for arguments in FunctionReferences(to: helper, in: caller, key: key).calls {
          for (position, argument) in arguments.enumerated()
          where helper.parameters.indices.contains(position) {
            guard case .member(_, let record, let field, _) = key.stripped(argument).kind,
              places.contains(.init(record: record, field: field))
            else { continue }
            try addParameter(helper.parameters[position], of: helper)
          }
        }
      }
    }
    guard homes.allSatisfy({ places.contains($0.place) }) else {
      throw Unsuitable(reason: "a helper gets the addresses of other arrays as well")
    }
  }

  /// The one field that a local variable is loaded from, or that it is stored in.
  func loadedFrom(_ variable: DeclarationID, in function: CFunction) -> StorageField? {
    guard !function.parameters.contains(variable), key.unit[variable].kind == .local else {
      return nil
    }
    var fields: [StorageField] = []
    var isKnown = true
    func note(_ value: CExpression) {
      let value = key.stripped(value)
      switch value.kind {
      case .member:
        if let field = StorageField(value, key: key) {
          fields.append(field)
        } else {
          isKnown = false
        }
      case _ where key.isAllocation(value): break
      default: if key.constant(value) != 0 { isKnown = false }
      }
    }
    if let value = key.unit[variable].initializer { note(value) }
    function.body.walk(in: key.unit) { expression in
      guard case .assignment(nil, let target, let value, _) = expression.kind else { return }
      if case .reference(variable) = key.stripped(target).kind { note(value) }
      if case .reference(variable) = key.stripped(value).kind { note(target) }
    }
    let texts = Set(fields.map { key.text($0.owner) + " " + $0.name })
    return isKnown && texts.count == 1 ? fields.first : nil
  }

  /// Nothing in the function gives a new value to any part of the expression.
  func isStable(_ expression: CExpression, in function: CFunction) -> Bool {
    let effects = LoopEffects(of: function.body, key: key)
    var isStable = true
    expression.walk(in: key.unit) { part in
      if effects.places.contains(key.text(part)) { isStable = false }
      if case .reference(let declaration) = part.kind, key.unit[declaration].kind == .local,
        key.unit[declaration].initializer == nil
      {
        isStable = false
      }
    }
    return isStable
  }
}

/// How one function refers to another.
struct FunctionReferences {
  /// The arguments of each call.
  private(set) var calls: [[CExpression]] = []
  /// The places of the calls.
  private(set) var expressions: [CExpression] = []
  private var mentions = 0

  /// It is called, and its address not taken.
  var isOnlyCalled: Bool { mentions == calls.count }

  init(to function: CFunction, in caller: CFunction, key: ExpressionKey) {
    caller.body.walk(in: key.unit) { expression in
      switch expression.kind {
      case .call(let callee, let arguments) where key.calleeName(callee) == function.name:
        calls.append(arguments)
        expressions.append(expression)
      case .reference(let declaration)
      where key.unit[declaration].kind == .function && key.unit[declaration].name == function.name:
        mentions += 1
      default: break
      }
    }
  }
}

extension ExpressionKey {
  /// What a function returns; the kernel's allocators are statement expressions that call one where
  /// allocations are profiled (include/linux/alloc_tag.h, 6.10).
  func isAllocation(_ value: CExpression) -> Bool {
    let value = stripped(value)
    switch value.kind {
    case .call: return true
    case .statementExpression: return callOfAllocator(in: value) != nil
    default: return false
    }
  }

  /// Whether a function puts something that it allocates into a variable.
  func isAllocated(_ variable: DeclarationID, in function: CFunction) -> Bool {
    var found = unit[variable].initializer.flatMap(allocatingCall) != nil
    function.body.walk(in: unit) { expression in
      if case .assignment(nil, let target, let value, _) = expression.kind,
        case .reference(variable) = stripped(target).kind, allocatingCall(value) != nil
      {
        found = true
      }
    }
    return found
  }

  /// The function that an allocation calls, and with what; nil for another function's result.
  func allocatingCall(_ value: CExpression) -> (name: String, arguments: [CExpression])? {
    isAllocation(value) ? callOfAllocator(in: value) : nil
  }

  private func callOfAllocator(
    in value: CExpression
  ) -> (name: String, arguments: [CExpression])? {
    var call: (name: String, arguments: [CExpression])?
    value.walk(in: unit) { inner in
      if call == nil, case .call(let callee, let arguments) = inner.kind,
        let name = calleeName(callee), name.contains("alloc")
      {
        call = (name, arguments)
      }
    }
    return call
  }
}
