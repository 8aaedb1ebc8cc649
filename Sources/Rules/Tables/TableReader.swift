// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// A function that does nothing but look something up in a table.
struct TableReader {
  let reader: TableReplacement.Reader
  let function: CFunction
  let match: PatternMatch
  let table: PageTable
  /// Members of the table's struct that it keeps its place in.
  let cursors: [StorageField.Place]
  private let names: Set<String>
  private let rendering: SourceRendering

  private var key: ExpressionKey { rendering.key }
  private var unit: CUnit { key.unit }
  private var file: SourceFile { rendering.file }

  /// Nil when the function does something else.
  init?(
    _ reader: TableReplacement.Reader,
    in function: CFunction,
    _ metavariables: [String: Metavariable],
    _ rendering: SourceRendering
  ) throws(Unsuitable) {
    let match = PatternMatcher(
      pattern: reader.pattern,
      metavariables: metavariables,
      function: function,
      rendering: rendering
    ).whole()
    guard let match,
      let bound = metavariables.first(where: { $0.value == .table })
        .flatMap({ match.expression($0.key) }),
      let table = PageTable(bound, key: rendering.key)
    else { return nil }
    var cursors: [StorageField.Place] = []
    for (name, kind) in metavariables.sorted(by: { $0.key < $1.key }) {
      guard case .cursor = kind, let expression = match.expression(name),
        case .member(let owner, let record, let field, let isArrow) =
          rendering.key.stripped(expression).kind
      else { continue }
      guard isArrow == table.isArrow, rendering.key.text(owner) == rendering.key.text(table.owner)
      else {
        throw Unsuitable(
          reason: "line \(expression.span.line) keeps its place in another struct than the table's"
        )
      }
      cursors.append(StorageField.Place(record: record, field: field))
    }
    self.reader = reader
    self.function = function
    self.match = match
    self.table = table
    self.cursors = cursors
    names = Set(
      ([table.place] + cursors).map {
        rendering.key.fieldName(record: $0.record, field: $0.field)
      } + function.body.declarations.map { rendering.key.unit[$0].name }
    )
    self.rendering = rendering
  }

  /// That the compiler's view of the body is all there is to it.
  func check() throws(Unsuitable) {
    guard case .reference(let owner) = key.stripped(table.owner).kind, table.isArrow,
      unit[owner].kind == .parameter
    else {
      throw Unsuitable(reason: "\(function.name)() is not given the struct with the table")
    }
    guard case .pointer(let pointee) = unit[function.result].kind,
      case .record(let record) = unit[pointee].kind, unit.records[Int(record)].name == "page"
    else { throw Unsuitable(reason: "\(function.name)() returns something else than a page") }
    let bound = Set(
      match.bindings.values.compactMap { binding -> DeclarationID? in
        guard case .expression(let expression) = binding,
          case .reference(let variable) = key.stripped(expression).kind
        else { return nil }
        return variable
      }
    )
    if let other = function.body.declarations.first(where: { !bound.contains($0) }) {
      throw Unsuitable(reason: "\(function.name)() has \(unit[other].name) for something else")
    }
    try checkWidths()
    try checkText()
  }

  /// No number loses bits on its way.
  private func checkWidths() throws(Unsuitable) {
    var line: UInt32?
    function.body.walk(in: unit) { expression in
      guard case .cast(let inner, _) = expression.kind, key.constant(inner) == nil,
        case .integer = unit[inner.type].kind
      else { return }
      let isKept =
        switch unit[expression.type].kind {
        case .integer, .pointer: unit[expression.type].sizeBytes >= unit[inner.type].sizeBytes
        default: false
        }
      if !isKept { line = expression.span.line }
    }
    if let line { throw Unsuitable(reason: "line \(line) cuts off a number") }
  }

  /// What the compiler leaves out, or reads as nothing, and what a comment says of what will be gone.
  private func checkText() throws(Unsuitable) {
    let extent = TableUses.extent(of: function)
    if file.text(extent).split(separator: "\n").contains(where: { $0.hasPrefix("#") }) {
      throw Unsuitable(reason: "\(function.name)() depends on the configuration")
    }
    var starts: Set<Int> = []
    func note(_ statement: CStatement) {
      starts.insert(Int(statement.span.start))
      statement.children.forEach(note)
    }
    note(function.body)
    function.body.walk(in: unit) { starts.insert(Int($0.span.start)) }
    if let use = MacroUse.all(in: file, extent, where: { _ in true }).first(where: {
      !starts.contains($0.range.lowerBound)
    }) {
      throw Unsuitable(reason: "\(use.name)() in \(function.name)() does nothing that can be seen")
    }
    let above = KernelDocumentation(file: file)
      .block(above: file.lineStart(of: Int(function.span.start)))
    let words = Set(above.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
    if let name = names.sorted().first(where: { words.contains($0) }) {
      throw Unsuitable(reason: "the comment on \(function.name)() speaks of \(name)")
    }
  }

  /// The body that takes the place of the present one: its lines, without the braces.
  ///
  /// - Parameter fill: puts the names of the driver into a line of the rule
  func edit(_ fill: (String) throws(Unsuitable) -> String) throws(Unsuitable) -> SourceEdit {
    let extent = TableUses.extent(of: function)
    let start = file.nextLine(after: extent.lowerBound)
    let end = file.lineStart(of: extent.upperBound - 1)
    guard start <= end, file.isBlank(extent.lowerBound + 1..<start),
      file.isBlank(end..<extent.upperBound - 1)
    else { throw Unsuitable(reason: "\(function.name)() has its braces on lines with other text") }
    var lines: [String] = []
    for line in reader.replacement.split(separator: "\n") {
      let tabs = "\t" + line.prefix { $0 == "\t" }
      lines += rendering.layout.lines(of: try fill(String(line)), indentation: tabs)
    }
    return SourceEdit(
      path: file.path,
      range: start..<end,
      replacement: lines.map { $0 + "\n" }.joined()
    )
  }
}
