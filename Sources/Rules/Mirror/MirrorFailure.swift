// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// What a function does when the list of pfns cannot be had, with the error that
/// `hmm_dma_map_alloc()` returns in place of the constant.
struct MirrorFailure {
  /// The local variable for the error.
  let variable: String
  /// Nil when the function has the variable.
  let declaration: String?
  let lines: [String]

  private static let names = ["ret", "err", "rc", "error", "retval", "result"]

  init(
    _ place: PatternMatch,
    names: MirrorConversion.Names,
    rendering: SourceRendering
  ) throws(Unsuitable) {
    guard case .statement(let statement) = place.bindings[names.failure.of] else {
      throw Unsuitable(reason: "\(names.failure.of) matched nothing")
    }
    let key = rendering.key
    let list = PatternMatcher.list(statement)
    var lines: [String] = []
    var known: String?
    var isReturned = false
    for inner in list {
      switch inner.kind {
      case .returnValue(let value?) where (key.constant(value) ?? 0) < 0: isReturned = true
      case .expression(let expression):
        if case .assignment(nil, let target, let value, _) = expression.kind,
          (key.constant(value) ?? 0) < 0,
          case .reference(let variable) = key.stripped(target).kind,
          key.unit[variable].kind == .local, key.unit[key.unit[variable].type].spelling == "int"
        {
          known = key.unit[variable].name
        } else {
          lines += rendering.lines(of: inner, indentation: "")
        }
      case .goTo: lines += rendering.lines(of: inner, indentation: "")
      default:
        throw Unsuitable(reason: "line \(inner.span.line) returns no error code")
      }
    }
    guard known != nil || isReturned else {
      throw Unsuitable(
        reason: "line \(statement.span.line) leaves with an error that was set before"
      )
    }
    var local = known
    if local == nil { local = try Self.local(of: place.function, before: statement, key) }
    variable = local ?? "ret"
    declaration = local == nil ? "int ret;" : nil
    self.lines = lines + (isReturned ? ["return \(variable);"] : [])
  }

  /// A variable of the function for errors that holds nothing yet; nil when it has none.
  private static func local(
    of function: CFunction,
    before statement: CStatement,
    _ key: ExpressionKey
  ) throws(Unsuitable) -> String? {
    var variables: [DeclarationID] = []
    if case .compound(let statements) = function.body.kind {
      for case .declaration(let declared) in statements.map(\.kind) { variables += declared }
    }
    for variable in variables {
      let declaration = key.unit[variable]
      guard names.contains(declaration.name) else { continue }
      var isSet = declaration.initializer != nil
      function.body.walk(in: key.unit) { expression in
        if case .assignment(_, let target, let value, _) = expression.kind,
          case .reference(variable) = key.stripped(target).kind,
          expression.span.start < statement.span.start, key.constant(value) != nil
        {
          isSet = true
        }
      }
      guard !isSet, key.unit[declaration.type].spelling == "int" else {
        throw Unsuitable(reason: "\(declaration.name) of \(function.name)() is set before")
      }
      return declaration.name
    }
    return nil
  }
}
