// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Does away with one table of pages: members and functions take its place, calls and walks become
/// others.
struct TableConversion {
  let rule: Rule
  let table: TableReplacement
  let uses: TableUses
  /// The call that maps it.
  let map: TableUses.Call
  let names: TableNames
  let rendering: SourceRendering
  let joined: JoinedText?
  let sources: (String) -> [UInt8]?

  private var key: ExpressionKey { rendering.key }
  private var unit: CUnit { key.unit }
  private var file: SourceFile { rendering.file }
  private var functions: [CFunction] { uses.functions }
  private var record: CRecord { unit.records[Int(uses.place.record)] }

  func proposal(line: Int) throws(Unsuitable) -> Proposal {
    for (role, what) in [
      (Pattern.Role.allocate, "builds"), (.unmap, "unmaps"), (.free, "frees"),
    ] where !uses.calls.contains(where: { $0.role == role }) {
      if role == .allocate, let (name, line) = otherBuilder {
        throw Unsuitable(
          reason:
            "line \(line) builds the table with \(name)() in a way that the rule does not know"
        )
      }
      throw Unsuitable(reason: "nothing that the rule knows \(what) the table")
    }
    try uses.checkAll()
    try checkArrays()
    try checkInitializers()
    try TableContext(uses, key: key, rendering: rendering).check()
    try ClearedOwner(record: uses.place.record, functions: functions, key: key).check()
    let unmaps = uses.calls.filter { $0.role == .unmap }.map(\.match.function.name)
    return Proposal(
      rule: rule.id,
      path: file.path,
      line: line,
      mapFunction: map.match.function.name,
      unmapFunctions: Self.each(unmaps),
      lifecycle: try TableLifecycle(uses, key: key).lifecycle,
      record: record.name,
      storage: key.fieldName(record: uses.place.record, field: uses.place.field),
      arrays: [
        Proposal.Member(
          record: record.name,
          name: key.fieldName(record: uses.place.record, field: uses.place.field)
        )
      ],
      stateField: "",
      watched: [],
      readers: uses.readers.map {
        Proposal.Reader(function: $0.function.name, message: $0.reader.message)
      },
      edits: try changed() + lookups() + helpers() + member() + dropped()
    )
  }

  /// The first call that builds the table, whatever the rule knows of it.
  private var otherBuilder: (name: String, line: UInt32)? {
    var found: (name: String, line: UInt32)?
    for function in functions where found == nil {
      function.body.walk(in: unit) { expression in
        guard found == nil, case .call(let callee, let arguments) = expression.kind,
          let name = key.calleeName(callee), name.hasPrefix("sg_alloc_"),
          arguments.contains(where: { PageTable($0, key: key)?.place == uses.place })
        else { return }
        found = (name, expression.span.line)
      }
    }
    return found
  }

  /// No call builds the table from an array that the struct keeps: the pages would be in two then.
  ///
  /// Not seen: an array that a local variable stands for, or a part of one.
  private func checkArrays() throws(Unsuitable) {
    for call in uses.calls where call.role == .allocate {
      for case .expression(let value) in call.match.bindings.values {
        let value = key.stripped(value)
        guard unit[value.type].spelling == "struct page **",
          case .member(_, record: uses.place.record, let field, _) = value.kind
        else { continue }
        throw Unsuitable(
          reason: "line \(value.span.line) builds the table from "
            + "\(key.fieldName(record: uses.place.record, field: field)), which struct "
            + "\(record.name) keeps anyway"
        )
      }
    }
  }

  /// No value of the struct lists members by their order: `struct tag name = { first, second }`.
  ///
  /// Not seen: a value within that of another struct, the name that a typedef gives, a variable that is
  /// declared with the struct itself, and one behind another whose value has no braces.
  private func checkInitializers() throws(Unsuitable) {
    let tokens = CToken.tokens(of: file.bytes).filter { $0.kind != .comment }
    for (number, token) in tokens.enumerated()
    where token.text == record.name && number > 0 && tokens[number - 1].text == "struct" {
      var place = number + 1
      while let open = tokens[place...].firstIndex(where: { ["{", ";"].contains($0.text) }),
        tokens[open].text == "{", open > place
      {
        // `= {` of a variable, or `(struct tag[3]) {`.
        let between = tokens[place..<(open - 1)].map(\.text)
        let isLiteral =
          place == number + 1 && tokens[open - 1].text == ")"
          && (between.isEmpty || between.first == "[" && between.last == "]")
        guard tokens[open - 1].text == "=" || isLiteral else { break }
        let first = tokens[(open + 1)...].prefix(2).map(\.text)
        guard first.first == "." || first.first == "}" || first == ["0", "}"] else {
          throw Unsuitable(
            reason: "line \(token.line) lists members of struct \(record.name) by their order"
          )
        }
        // `= { … }, more = { … }`
        place = Self.end(ofBracesAt: open, in: tokens)
        guard !isLiteral, tokens[place...].first?.text == "," else { break }
      }
    }
  }

  /// Behind the brace that closes the one at `open`.
  private static func end(ofBracesAt open: Int, in tokens: [CToken]) -> Int {
    var depth = 0
    for place in open..<tokens.count {
      switch tokens[place].text {
      case "{": depth += 1
      case "}":
        depth -= 1
        if depth == 0 { return place + 1 }
      default: break
      }
    }
    return tokens.count
  }

  private static func each(_ names: [String]) -> [String] {
    names.reduce(into: []) { names, name in if !names.contains(name) { names.append(name) } }
  }

  // MARK: Calls and walks

  private func owner(
    of table: PageTable
  ) throws(Unsuitable) -> (pointer: String, member: String) {
    guard let text = rendering.text(table.owner) else {
      throw Unsuitable(reason: "line \(table.owner.span.line) names the table inside a macro")
    }
    let isPlain =
      switch key.stripped(table.owner).kind {
      case .reference, .member, .subscription, .call: true
      default: false
      }
    let whole = isPlain ? text : "(\(text))"
    return table.isArrow ? (text, whole + "->") : ("&" + whole, whole + ".")
  }

  /// A text of the rule with the names of this table, and what a match has bound.
  private func fill(
    _ template: String,
    _ table: PageTable,
    _ match: PatternMatch
  ) throws(Unsuitable) -> String {
    try names.fill(template, owner: try owner(of: table)) { word, isAlone throws(Unsuitable) in
      guard let expression = match.expression(word) else { return nil }
      guard let text = rendering.text(expression) else {
        throw Unsuitable(
          reason: "line \(expression.span.line) gets an argument from inside a macro"
        )
      }
      return !isAlone && rendering.isCompound(expression) ? "(\(text))" : text
    }
  }

  /// The functions that look something up.
  private func lookups() throws(Unsuitable) -> [SourceEdit] {
    var edits: [SourceEdit] = []
    for reader in uses.readers {
      edits.append(
        try reader.edit { line throws(Unsuitable) in
          try fill(line, reader.table, reader.match)
        }
      )
    }
    return edits
  }

  private func changed() throws(Unsuitable) -> [SourceEdit] {
    var edits = InPlaceEdits(file)
    for call in uses.calls {
      edits.replace(
        call.range,
        with: try fill(call.exchange.replacement, call.table, call.match)
      )
    }
    var indices: [DeclarationID: String] = [:]
    for walk in uses.walks {
      let place = try declaration(of: walk.iterator, in: walk.function)
      let taken = indices.filter { walk.function.body.declarations.contains($0.key) }.values
      let index = try self.index(in: place.scope, taken)
      indices[walk.iterator] = index
      edits.replace(place.range, with: "unsigned int \(index);")
      let owner = try owner(of: walk.table)
      func text(_ template: String) throws(Unsuitable) -> String {
        try names.fill(template, owner: owner) { word, _ in
          word == TableReplacement.index ? index : nil
        }
      }
      edits.replace(walk.use.range, with: try text(walk.walk.header))
      for read in walk.reads { edits.replace(read, with: try text(walk.walk.value)) }
    }
    return try edits.edits()
  }

  /// A variable's declaration, when it has the statement to itself, and the block that it is in.
  private func declaration(
    of variable: DeclarationID,
    in function: CFunction
  ) throws(Unsuitable) -> (range: Range<Int>, scope: CStatement) {
    func search(_ statement: CStatement) -> (CStatement, CStatement)? {
      for child in statement.children {
        if case .declaration([variable]) = child.kind { return (child, statement) }
        if let found = search(child) { return found }
      }
      return nil
    }
    guard let (statement, scope) = search(function.body),
      unit[variable].initializer == nil, statement.span.file == 0, !statement.span.isMacroBody
    else {
      throw Unsuitable(reason: "\(unit[variable].name) is declared beside other variables")
    }
    let end = file.statementEnd(from: Int(statement.span.end))
    return (Int(statement.span.start)..<end, scope)
  }

  private func index(
    in scope: CStatement,
    _ taken: some Sequence<String>
  ) throws(Unsuitable) -> String {
    let text = file.bytes[Int(scope.span.start)..<Int(scope.span.end)]
    let words = Set(CToken.tokens(of: Array(text)).map(\.text)).union(taken)
    guard let name = ["i", "j", "k", "n"].first(where: { !words.contains($0) }) else {
      throw Unsuitable(reason: "line \(scope.span.line) begins a block with no name for an index")
    }
    return name
  }

  // MARK: Functions

  /// The new functions, ahead of the first that calls one of them.
  private func helpers() throws(Unsuitable) -> [SourceEdit] {
    let keys = Set(table.helpers.map(\.key))
    func calls(_ template: String) -> Bool {
      CToken.tokens(of: Array(template.utf8)).contains { keys.contains($0.text) }
    }
    let users =
      uses.calls.filter { calls($0.exchange.replacement) }.map(\.match.function)
      + uses.walks.filter { calls($0.walk.header) || calls($0.walk.value) }.map(\.function)
      + uses.readers.filter { calls($0.reader.replacement) }.map(\.function)
    guard let first = users.min(by: { $0.span.start < $1.span.start }) else { return [] }
    let part = joined?.range(at: Int(first.span.start)) ?? file.bytes.indices
    if let other = users.first(where: { !part.contains(Int($0.span.start)) }) {
      throw Unsuitable(
        reason: "\(first.name)() and \(other.name)() use the table in different files"
      )
    }
    var text = ""
    for helper in table.helpers {
      text +=
        try names.lines(of: helper.text, rendering.layout).map { $0 + "\n" }.joined() + "\n"
    }
    let place = start(of: first)
    var edits = [SourceEdit(path: file.path, range: place..<place, replacement: text)]
    for header in rule.headers {
      if let edit = IncludeLine(header: header, file: file, bounds: part).edit() {
        edits.append(edit)
      }
    }
    return edits
  }

  /// Where a function begins, and the comment that ends right above it.
  private func start(of function: CFunction) -> Int {
    let line = file.lineStart(of: Int(function.span.start))
    guard let comment = file.lastComment(above: line), comment.upperBound == line - 1 else {
      return line
    }
    return comment.lowerBound
  }

  // MARK: The struct

  /// The members that only readers have used.
  private func dropped() throws(Unsuitable) -> [SourceEdit] {
    var edits: [SourceEdit] = []
    let places = Set(uses.readers.flatMap(\.cursors))
    for (index, members) in Dictionary(grouping: places, by: \.record).sorted(by: {
      $0.key < $1.key
    }) {
      let record = unit.records[Int(index)]
      guard let span = record.span, let bytes = sources(unit.files[Int(span.file)]) else {
        throw Unsuitable(reason: "struct \(record.name) cannot be read")
      }
      edits += try DroppedMembers(
        file: SourceFile(path: unit.files[Int(span.file)], bytes: bytes),
        record: record,
        members: members.map { record.fields[$0.field] }
      ).edits()
    }
    return edits
  }

  private func member() throws(Unsuitable) -> [SourceEdit] {
    let member = record.fields[uses.place.field]
    guard let span = member.span, let whole = record.span, !span.isMacroBody, !record.isUnion,
      let bytes = sources(unit.files[Int(span.file)])
    else { throw Unsuitable(reason: "struct \(record.name) is written by a macro") }
    let header = SourceFile(path: unit.files[Int(span.file)], bytes: bytes)
    let start = Int(span.start)
    let end = header.statementEnd(from: Int(span.end))
    let lines = header.lineStart(of: start)..<header.nextLine(after: end)
    let documentation = KernelDocumentation(file: header)
      .block(above: header.lineStart(of: Int(whole.start)))
    guard !Self.hasComment(at: lines, in: header), !documentation.contains("@\(member.name):")
    else {
      throw Unsuitable(
        reason: "a comment on struct \(record.name) says what \(member.name) is"
      )
    }
    guard header.isBlank(lines.lowerBound..<start), header.isBlank(end..<lines.upperBound) else {
      throw Unsuitable(reason: "struct \(record.name) has more than a member on line \(span.line)")
    }
    let text = header.text(start..<end)
    let isAligned = text.contains("\t")
    let column = SourceFile.width(of: text.prefix { $0 != "\t" }.utf8) / 8 * 8 + 8
    let new = table.members.map { member in
      let type = member.type.trimmed
      let gap = isAligned ? Self.tabs(from: type, to: column) : member.type.gap
      let stars = isAligned ? String(member.type.reversed().prefix { $0 == "*" }) : ""
      let plain = isAligned ? String(type.dropLast(stars.count)).trimmed : type
      return header.indentation(of: start) + (isAligned ? plain : type) + gap + stars
        + (names[member.key] ?? member.name) + ";\n"
    }
    var edits = [
      SourceEdit(path: header.path, range: lines, replacement: new.joined())
    ]
    let bounds =
      header.path == joined?.path ? joined?.range(at: start) ?? 0..<0 : header.bytes.indices
    if let edit = IncludeLine(header: rule.header, file: header, bounds: bounds).edit() {
      edits.append(edit)
    }
    return edits
  }

  /// A comment is in some lines, or ends right above them.
  private static func hasComment(at lines: Range<Int>, in file: SourceFile) -> Bool {
    if CToken.tokens(of: Array(file.bytes[lines])).contains(where: { $0.kind == .comment }) {
      return true
    }
    guard lines.lowerBound > 0 else { return false }
    let above = file.lineStart(of: lines.lowerBound - 1)..<(lines.lowerBound - 1)
    let text = file.text(above).trimmed
    return text.hasSuffix("*/") || text.drop { $0 == " " || $0 == "\t" }.hasPrefix("//")
  }

  private static func tabs(from type: String, to column: Int) -> String {
    var gap = "\t"
    while SourceFile.width(of: (type + gap).utf8) < column { gap += "\t" }
    return gap
  }
}

extension String {
  /// Without white space behind it.
  fileprivate var trimmed: String {
    String(reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }

  /// White space behind it: none behind a star.
  fileprivate var gap: String { hasSuffix(" ") ? " " : "" }
}
