// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Every place of a text that a rule for tables knows what to do with, and whether these are all.
struct TableUses {
  /// A call that another takes the place of.
  struct Call {
    var exchange: TableReplacement.Exchange
    var expression: CExpression
    var match: PatternMatch
    var table: PageTable

    var role: Pattern.Role { exchange.pattern.role }
    var range: Range<Int> { Int(expression.span.start)..<Int(expression.span.end) }
  }

  /// A loop over the pages of a table.
  struct Walk {
    var walk: TableReplacement.Walk
    var function: CFunction
    var use: MacroUse
    var table: PageTable
    var iterator: DeclarationID
    /// Where the body reads the iterator.
    var reads: [Range<Int>]
  }

  let place: StorageField.Place
  let key: ExpressionKey
  let functions: [CFunction]
  let file: SourceFile
  private(set) var calls: [Call] = []
  private(set) var walks: [Walk] = []
  private(set) var readers: [TableReader] = []

  private var unit: CUnit { key.unit }
  private var name: String { key.fieldName(record: place.record, field: place.field) }

  /// - Parameter all: calls of tables, whichever
  init(
    of place: StorageField.Place,
    among all: [Call],
    _ replacement: TableReplacement,
    metavariables: [String: Metavariable],
    functions: [CFunction],
    rendering: SourceRendering
  ) throws(Unsuitable) {
    self.place = place
    self.functions = functions
    key = rendering.key
    file = rendering.file
    calls = all.filter { $0.table.place == place }
    for function in functions {
      for reader in replacement.readers {
        let found = try TableReader(reader, in: function, metavariables, rendering)
        guard let found, found.table.place == place else { continue }
        readers.append(found)
        break
      }
      for walk in replacement.walks {
        for use in MacroUse.all(of: walk.macro, in: file, Self.extent(of: function)) {
          guard let table = table(in: use, function) else { continue }
          self.walks.append(try self.walk(walk, use, table, function))
        }
      }
    }
  }

  static func extent(of function: CFunction) -> Range<Int> {
    Int(function.body.span.start)..<Int(function.body.span.end)
  }

  // MARK: Walks

  /// The table that a macro's first argument names.
  private func table(in use: MacroUse, _ function: CFunction) -> PageTable? {
    var found: PageTable?
    function.body.walk(in: unit) { expression in
      if let table = PageTable(member: expression, key: key), table.place == place,
        use.arguments.first?.contains(Int(expression.span.start)) == true
      {
        found = table
      }
    }
    return found
  }

  private func walk(
    _ walk: TableReplacement.Walk,
    _ use: MacroUse,
    _ table: PageTable,
    _ function: CFunction
  ) throws(Unsuitable) -> Walk {
    let texts = use.arguments.map { SourceRendering.oneLine(Array(file.bytes[$0])) }
    let line = file.line(of: use.range.lowerBound)
    guard texts.count == 3, texts[2] == "0", texts[1].hasPrefix("&") else {
      throw Unsuitable(reason: "line \(line) does not go through all of \(name)")
    }
    let iterators = function.body.declarations.filter {
      unit[$0].kind == .local && unit[$0].name == texts[1].dropFirst()
    }
    guard iterators.count == 1 else {
      throw Unsuitable(reason: "line \(line) has an iterator that is no local variable")
    }
    let reads = MacroUse.all(of: walk.reader, in: file, Self.extent(of: function)).filter {
      SourceRendering.oneLine(Array(file.bytes[$0.arguments[0]])) == texts[1]
    }.map(\.range)
    var other: UInt32?
    function.body.walk(in: unit) { expression in
      guard case .reference(iterators[0]) = expression.kind else { return }
      let start = Int(expression.span.start)
      if !use.range.contains(start), !reads.contains(where: { $0.contains(start) }) {
        other = expression.span.line
      }
    }
    if let other {
      throw Unsuitable(reason: "line \(other) uses the iterator of \(name) in another way")
    }
    return Walk(
      walk: walk,
      function: function,
      use: use,
      table: table,
      iterator: iterators[0],
      reads: reads
    )
  }

  // MARK: Whether these are all

  func checkAll() throws(Unsuitable) {
    for reader in readers { try reader.check() }
    let lookups = readers.map { Self.extent(of: $0.function) }
    try check(place, calls.map(\.range) + walks.map(\.use.range) + lookups)
    for cursor in readers.flatMap(\.cursors) { try check(cursor, lookups) }
  }

  /// A member is used where the rule knows what to do with it, and nowhere else.
  private func check(
    _ place: StorageField.Place,
    _ known: [Range<Int>]
  ) throws(Unsuitable) {
    let name = key.fieldName(record: place.record, field: place.field)
    var seen: Set<Int> = []
    var other: UInt32?
    for function in functions {
      function.body.walk(in: unit) { expression in
        guard case .member(_, let record, let field, _) = expression.kind,
          key.fieldName(record: record, field: field) == name
        else { return }
        let start = Int(expression.span.start)
        seen.insert(Int(expression.span.end) - name.utf8.count)
        if place == .init(record: record, field: field),
          !known.contains(where: { $0.contains(start) })
        {
          other = min(other ?? .max, expression.span.line)
        }
      }
    }
    if let other {
      throw Unsuitable(reason: "line \(other) uses \(name) in a way that the rule does not know")
    }
    // What the present configuration leaves out may use it as well, and what is in no function.
    if let line = unseenMention(of: name, besides: seen, known) {
      throw Unsuitable(
        reason: "line \(line) mentions a member called \(name) that the rule cannot follow"
      )
    }
  }

  private func unseenMention(
    of name: String,
    besides seen: Set<Int>,
    _ known: [Range<Int>]
  ) -> Int? {
    let word = Array(name.utf8)
    var offset = 0
    var isMember = false
    while offset < file.bytes.count {
      guard CToken.isWord(file.bytes[offset]) else {
        let end = MacroUse.end(ofTextAt: offset, in: file.bytes)
        if end == nil, !file.isBlank(offset..<(offset + 1)) {
          isMember =
            file.bytes[offset] == UInt8(ascii: ".")
            || file.bytes[...offset].suffix(2).elementsEqual("->".utf8)
        }
        offset = end ?? offset + 1
        continue
      }
      var end = offset
      while end < file.bytes.count, CToken.isWord(file.bytes[end]) { end += 1 }
      if isMember, file.bytes[offset..<end].elementsEqual(word), !seen.contains(offset),
        !known.contains(where: { $0.contains(offset) })
      {
        return file.line(of: offset)
      }
      isMember = false
      offset = end
    }
    return nil
  }
}
