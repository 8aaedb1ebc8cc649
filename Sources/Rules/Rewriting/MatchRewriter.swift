// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Why a match is left alone.
struct Unsuitable: Error {
  /// Lower case, no full stop.
  var reason: String
  /// Names whose mentions in other files would have to be seen first.
  var unseen: [UnseenName] = []
}

/// Turns one match and its pattern's added lines into edits.
struct MatchRewriter {
  let match: PatternMatch
  let metavariables: [String: Metavariable]
  let rendering: SourceRendering
  /// Nil when the rule adds no state.
  let state: StateName?
  /// The number of pages is above 0 whenever the mapping is made.
  let isNeverEmpty: Bool
  /// Something is left of the state when it is used again.
  let isReused: Bool
  /// What stands for metavariables that the match does not bind, and for lines of one.
  var texts: [String: String] = [:]
  var lines: [String: [String]] = [:]

  private var file: SourceFile { rendering.file }

  func edits() throws(Unsuitable) -> [SourceEdit] {
    var edits: [SourceEdit] = []
    for addition in match.pattern.additions { edits.append(try edit(for: addition)) }
    for id in match.pattern.removals.sorted() {
      for statement in match.statements[id] ?? [] {
        edits.append(
          SourceEdit(path: file.path, range: try lines(of: statement), replacement: "")
        )
      }
    }
    for (id, tabs) in match.pattern.shifts.sorted(by: { $0.key < $1.key }) {
      for statement in match.statements[id] ?? [] {
        edits += rendering.shift(statement, by: tabs)
      }
    }
    return edits
  }

  // MARK: Places

  private func edit(for addition: Pattern.Addition) throws(Unsuitable) -> SourceEdit {
    guard let anchor = match.statements[addition.anchor]?.first else {
      throw Unsuitable(reason: "there is no statement to add lines to")
    }
    let range = try lines(of: anchor)
    let indentation = file.indentation(of: Int(anchor.span.start))
    guard indentation.allSatisfy({ $0 == "\t" }) else {
      throw Unsuitable(reason: "line \(anchor.span.line) is not indented with tabs")
    }
    let lines = try self.lines(of: addition, indentation: indentation)
    let place = addition.side == .before ? range.lowerBound : range.upperBound
    return SourceEdit(
      path: file.path,
      range: place..<place,
      replacement: lines.map { $0 + "\n" }.joined()
    )
  }

  /// The lines of a statement that has them to itself.
  private func lines(of statement: CStatement) throws(Unsuitable) -> Range<Int> {
    guard statement.span.file == 0 else {
      throw Unsuitable(reason: "a statement to change comes out of a header")
    }
    let start = Int(statement.span.start)
    let end = file.statementEnd(from: Int(statement.span.end))
    let lineStart = file.lineStart(of: start)
    guard file.isBlank(lineStart..<start) else {
      throw Unsuitable(reason: "line \(statement.span.line) holds more than one statement")
    }
    let next = file.nextLine(after: end)
    guard restIsBlank(end..<next) else {
      throw Unsuitable(reason: "line \(statement.span.endLine) holds more than one statement")
    }
    return lineStart..<next
  }

  /// Nothing but white space or a comment stands behind the statement.
  private func restIsBlank(_ range: Range<Int>) -> Bool {
    CToken.tokens(of: Array(file.bytes[range])).allSatisfy { $0.kind == .comment }
  }

  // MARK: Lines

  private func lines(
    of addition: Pattern.Addition,
    indentation: String
  ) throws(Unsuitable) -> [String] {
    var lines: [String] = []
    var dedent = 0
    for line in addition.lines {
      if isLeftOut(line.text) {
        // What stood below a condition that is always true moves to its place.
        dedent = line.text.hasPrefix("if (") ? 1 : 0
        continue
      }
      let tabs = indentation.count + line.indent - dedent
      dedent = 0
      let lead = String(repeating: "\t", count: max(tabs, 0))
      let inner: [String]
      let count: Int
      if let given = self.lines[line.text] {
        inner = given.flatMap { rendering.layout.lines(of: $0, indentation: lead) }
        count = given.count
      } else if let statement = try self.statement(line.text) {
        inner = statement.flatMap { rendering.lines(of: $0, indentation: lead) }
        count = statement.count
      } else {
        lines += rendering.layout.lines(of: try substituted(line.text), indentation: lead)
        continue
      }
      let isBody = lines.last.map { $0.hasSuffix(")") } ?? false
      if isBody, count > 1, let last = lines.popLast() {
        let closing = String(lead.dropLast()) + "}"
        lines += [last + " {"] + inner + [closing]
      } else {
        lines += inner
      }
    }
    return lines
  }

  private func isLeftOut(_ text: String) -> Bool {
    for (name, kind) in metavariables {
      switch kind {
      case .positive where text == "if (\(name))": return isNeverEmpty
      case .reset where text == name: return !isReused
      default: continue
      }
    }
    return false
  }

  /// The statements that a line of one metavariable stands for.
  private func statement(_ text: String) throws(Unsuitable) -> [CStatement]? {
    switch metavariables[text] {
    case .failure: return try failure(text).map(\.statement)
    case .failureAfterLoop(let name):
      return try failure(name).filter { !$0.isOfIteration }.map(\.statement)
    default: return nil
    }
  }

  /// The statements of a failure, and which of them concern only what the iteration has at hand.
  private func failure(
    _ name: String
  ) throws(Unsuitable) -> [(statement: CStatement, isOfIteration: Bool)] {
    guard case .statement(let statement) = match.bindings[name] else {
      throw Unsuitable(reason: "\(name) matched nothing")
    }
    let varying = loopVariables()
    return PatternMatcher.list(statement).map { statement in
      (statement, reads(statement, anyOf: varying))
    }
  }

  /// Variables that the map loop changes, but for those that the rewrite sets itself.
  private func loopVariables() -> Set<DeclarationID> {
    var variables: Set<DeclarationID> = []
    for binding in match.bindings.values {
      guard case .loop(let shape) = binding else { continue }
      if let index = rendering.key.root(shape.index) { variables.insert(index) }
      variables.formUnion(LoopEffects(of: shape.body, key: rendering.key).variables)
    }
    for (name, kind) in metavariables where kind == .expression {
      if let result = match.expression(name), let root = rendering.key.root(result) {
        variables.remove(root)
      }
    }
    return variables
  }

  private func reads(_ statement: CStatement, anyOf variables: Set<DeclarationID>) -> Bool {
    var found = false
    for expression in statement.expressions(in: rendering.key.unit) {
      // An assignment to a plain variable does not read it.
      if case .assignment(nil, let target, let value, _) = expression.kind,
        case .reference = rendering.key.stripped(target).kind
      {
        found = found || value.mentions(variables, in: rendering.key.unit)
      } else {
        found = found || expression.mentions(variables, in: rendering.key.unit)
      }
    }
    return found || statement.children.contains { reads($0, anyOf: variables) }
  }

  // MARK: Expressions

  private func substituted(_ template: String) throws(Unsuitable) -> String {
    let tokens = CToken.tokens(of: Array(template.utf8))
    var text = ""
    var suffixes: [Int: String] = [:]
    var number = 0
    while number < tokens.count {
      let token = tokens[number]
      defer { number += 1 }
      if token.isSpaced, number > 0, !text.hasSuffix("(") { text += " " }
      let after = number + 1 < tokens.count ? tokens[number + 1].text : ")"
      guard let variable = metavariables[token.text] else {
        if token.text == "&", case .state = metavariables[after], let state {
          text += state.address
          number += 1
        } else {
          text += token.text + (suffixes[number] ?? "")
        }
        continue
      }
      switch variable {
      case .state:
        guard let state else { throw Unsuitable(reason: "there is no place for a state") }
        text += after == "." ? state.owner : state.value
        if after == "." { number += 1 }
      case .positive where isNeverEmpty && after == "&&": number += 1
      case .reset(let name):
        text += try substituted("memset(&\(name), 0, sizeof(\(name)));")
      case .storage:
        text += try value(of: token.text, variable, isOperand: false)
        if let element = match.element(token.text), after == "[",
          let close = tokens[number...].firstIndex(where: { $0.text == "]" })
        {
          suffixes[close] =
            "." + rendering.key.fieldName(record: element.record, field: element.field)
        }
      default:
        let before = number > 0 ? tokens[number - 1].text : "("
        let isAlone = ["(", ",", "="].contains(before) && [")", ",", ";"].contains(after)
        text += try value(of: token.text, variable, isOperand: !isAlone)
      }
    }
    return text
  }

  private func value(
    of name: String,
    _ variable: Metavariable,
    isOperand: Bool
  ) throws(Unsuitable) -> String {
    if let text = texts[name] { return text }
    switch variable {
    case .positive(let count):
      guard let counted = match.expression(count) else {
        throw Unsuitable(reason: "\(count) matched nothing")
      }
      return try text(counted, isOperand: isOperand)
    case .count(let index):
      guard case .loop(let shape) = match.bindings[index] else {
        throw Unsuitable(reason: "\(index) is not an index")
      }
      if shape.guard != nil {
        guard !shape.ownsIndex else {
          throw Unsuitable(reason: "the loop's index is unknown behind it")
        }
        return try text(shape.index, isOperand: isOperand)
      }
      let isLost = shape.ownsIndex || !shape.consumesCount
      return try text(isLost ? shape.count : shape.index, isOperand: isOperand)
    default:
      guard let expression = match.expression(name) else {
        throw Unsuitable(reason: "\(name) matched nothing")
      }
      return try text(expression, isOperand: isOperand)
    }
  }

  private func text(_ expression: CExpression, isOperand: Bool) throws(Unsuitable) -> String {
    guard let text = rendering.text(expression) else {
      throw Unsuitable(
        reason: "line \(expression.span.line) gets an argument from inside a macro"
      )
    }
    return isOperand && rendering.isCompound(expression) ? "(\(text))" : text
  }
}
