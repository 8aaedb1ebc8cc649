// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Hands the state to the helpers that get the array from their callers: a parameter behind the
/// array's, and an argument in each call.
struct SignatureEdits {
  let array: AddressArray
  let functions: [CFunction]
  let rendering: SourceRendering
  /// The member beside each of the array's fields.
  let members: [StorageField.Place: String]
  /// Where helpers are declared that other files call.
  let headers: [String: [SourceFile]]
  /// The header that has the state's struct.
  let header: String?
  /// What helpers call their parameter.
  static let parameter = "state"

  private var file: SourceFile { rendering.file }
  private var key: ExpressionKey { rendering.key }

  /// - Parameter users: names of the helpers that use the state themselves; others that only read
  ///   the addresses keep their parameters
  func edits(users: Set<String>) throws(Unsuitable) -> [SourceEdit] {
    var edits: [SourceEdit] = []
    for (declaration, helper) in array.parameters.sorted(by: { $0.key.index < $1.key.index })
    where users.contains(helper.name) {
      edits.append(try signature(of: helper, behind: declaration))
      edits += try declarations(of: helper, behind: declaration)
      if let line = KernelDocumentation(file: file).entry(
        for: key.unit[declaration].name,
        above: Int(helper.span.start),
        text: "@\(Self.parameter): IOVA state of the mapping in @\(key.unit[declaration].name)"
      ) {
        edits.append(line)
      }
      guard let position = helper.parameters.firstIndex(of: declaration) else { continue }
      for caller in functions {
        for call in FunctionReferences(to: helper, in: caller, key: key).expressions {
          edits.append(try argument(of: call, behind: position, in: caller))
        }
      }
    }
    return edits
  }

  // MARK: Parameters

  private func signature(
    of helper: CFunction,
    behind declaration: DeclarationID
  ) throws(Unsuitable) -> SourceEdit {
    guard isDeclaredOnce(helper) else {
      throw Unsuitable(reason: "\(helper.name)() is declared apart from its definition")
    }
    guard !helper.parameters.contains(where: { key.unit[$0].name == Self.parameter }) else {
      throw Unsuitable(reason: "\(helper.name)() has a parameter called \(Self.parameter)")
    }
    let end = Int(helper.body.span.start)
    let start = file.lineStart(of: nameOffset(of: helper) ?? Int(helper.span.start))
    let range = start..<(headerEnd(before: end))
    var tokens = CToken.tokens(of: Array(file.bytes[range]))
    let name = key.unit[declaration].name
    guard !tokens.contains(where: { $0.kind == .comment || $0.text == "#" }),
      let place = tokens.lastIndex(where: { $0.text == name })
    else { throw Unsuitable(reason: "the header of \(helper.name)() is written in an unusual way") }
    tokens[place].text += ", " + Self.declaration
    return SourceEdit(
      path: file.path,
      range: range,
      replacement: rendering.layout.lines(of: Self.joined(tokens), indentation: "")
        .joined(separator: "\n")
    )
  }

  /// The declarations in headers, which must know the struct.
  private func declarations(
    of helper: CFunction,
    behind declaration: DeclarationID
  ) throws(Unsuitable) -> [SourceEdit] {
    guard let position = helper.parameters.firstIndex(of: declaration) else { return [] }
    var edits: [SourceEdit] = []
    for header in headers[helper.name] ?? [] {
      let prototype = PrototypeEdit(file: header, function: helper.name)
      guard prototype.count > 0 else { continue }
      guard edits.isEmpty, prototype.count == 1 else {
        throw Unsuitable(reason: "\(helper.name)() is declared more than once")
      }
      edits = try prototype.edits(adding: Self.declaration, behind: position)
      let whole = 0..<header.bytes.count
      if let line = IncludeLine(header: self.header, file: header, bounds: whole).edit() {
        edits.append(line)
      }
    }
    return edits
  }

  private static let declaration = "struct dma_iova_state *\(parameter)"

  /// The name stands once in front of a parenthesis at the start of a declaration.
  private func isDeclaredOnce(_ helper: CFunction) -> Bool {
    var count = 0
    for function in functions {
      count += FunctionReferences(to: helper, in: function, key: key).expressions.count
    }
    let tokens = CToken.tokens(of: file.bytes).filter { $0.kind != .comment }
    return zip(tokens, tokens.dropFirst()).count { $0.text == helper.name && $1.text == "(" }
      == count + 1
  }

  private func nameOffset(of helper: CFunction) -> Int? {
    let header = Int(helper.span.start)..<Int(helper.body.span.start)
    let name = Array(helper.name.utf8)
    return header.first { offset in
      file.bytes[offset...].starts(with: name)
        && !CToken.isWord(file.bytes[offset - 1])
        && !CToken.isWord(file.bytes[offset + name.count])
    }
  }

  private func headerEnd(before brace: Int) -> Int {
    var end = brace
    while end > 0, file.isBlank((end - 1)..<end) { end -= 1 }
    return end
  }

  private static func joined(_ tokens: [CToken]) -> String {
    var text = ""
    for token in tokens {
      if token.isSpaced, !text.isEmpty, !text.hasSuffix("(") { text += " " }
      text += token.text
    }
    return text
  }

  // MARK: Arguments

  private func argument(
    of call: CExpression,
    behind position: Int,
    in caller: CFunction
  ) throws(Unsuitable) -> SourceEdit {
    guard case .call(_, let arguments) = call.kind, !call.span.isMacroBody, call.span.file == 0,
      let statement = statement(around: call, in: caller.body)
    else {
      throw Unsuitable(reason: "line \(call.span.line) calls a helper from inside a macro")
    }
    let array = arguments[position]
    let state: StateName =
      if let field = try self.array.field(for: array, in: caller),
        let member = members[field.place]
      {
        try StateName(member: member, beside: field, in: caller, rendering: rendering)
      } else {
        StateName(parameter: Self.parameter)
      }
    let place = Int(array.span.end)
    let added = ", " + state.address
    let head = head(of: statement)
    let plain = SourceEdit(path: file.path, range: place..<place, replacement: added)
    guard head.contains(place) else { return plain }
    let line = file.lineStart(of: place)..<file.nextLine(after: place)
    let width = SourceFile.width(of: file.bytes[line].dropLast()) + added.utf8.count
    guard width > file.columnLimit else { return plain }
    let before = rendering.oneLine(head.lowerBound..<place)
    let after = rendering.oneLine(place..<head.upperBound)
    return SourceEdit(
      path: file.path,
      range: head,
      replacement: rendering.layout.lines(
        of: before + added + after,
        indentation: file.indentation(of: head.lowerBound)
      ).joined(separator: "\n").drop { $0 == "\t" }.description
    )
  }

  /// The innermost statement that has the call in one of its own expressions.
  private func statement(around call: CExpression, in statement: CStatement) -> CStatement? {
    for child in statement.children {
      if let found = self.statement(around: call, in: child) { return found }
    }
    var isOwn = false
    for expression in statement.expressions(in: key.unit) {
      expression.walk(in: key.unit) { if $0.span == call.span { isOwn = true } }
    }
    return isOwn ? statement : nil
  }

  /// The whole of a simple statement, `if (…)` of a branch.
  private func head(of statement: CStatement) -> Range<Int> {
    let start = Int(statement.span.start)
    switch statement.kind {
    case .branch(_, let then, _):
      let end = headerEnd(before: Int(then.span.start))
      return start..<end
    default: return start..<file.statementEnd(from: Int(statement.span.end))
    }
  }
}
