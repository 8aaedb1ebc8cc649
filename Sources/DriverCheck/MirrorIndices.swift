// SPDX-License-Identifier: GPL-2.0-only

public import Findings
public import SourceFacts

/// Looks for lists of pfns that are filled by one count of pages and looked up by another.
///
/// hmm_range_fault() fills an entry for each PAGE_SIZE (mm/hmm.c, 6.12), and hmm_dma_map_pfn() takes
/// the pfn and the place in the range by one index (6.16). Where a driver counts in pages of another
/// size as well, an index of one kind is not one of the other. Nothing is executed: an index is
/// followed to the shift that it comes from, through variables and through parameters whose callers
/// are in the unit. What cannot be followed is not reported.
public struct MirrorIndices {
  private let unit: CUnit
  private let relativePath: (String) -> String
  private let calls: [DeclarationID: [(caller: CFunction, arguments: [CExpression])]]

  /// What an index counts: pages of `1 << shift`.
  private enum Shift: Hashable {
    case constant(UInt64)
    case member(FieldKey)
  }

  private static let pageShift: UInt64 = 12
  /// Parameters that one index is followed through.
  private static let mostCallers = 4
  /// Variables that one index is followed through.
  private static let mostVariables = 8

  /// One for each function of the main file that looks a list up by another count than it is filled
  /// by, where the code shows that the two differ.
  public static func findings(
    in unit: CUnit,
    relativePath: @escaping (String) -> String
  ) -> [Finding] {
    guard unit.records.contains(where: { $0.name == "hmm_range" && !$0.fields.isEmpty }) else {
      return []
    }
    return MirrorIndices(unit, relativePath: relativePath).findings
  }

  private init(_ unit: CUnit, relativePath: @escaping (String) -> String) {
    self.unit = unit
    self.relativePath = relativePath
    var calls: [DeclarationID: [(caller: CFunction, arguments: [CExpression])]] = [:]
    for function in unit.functions {
      function.body.walk(in: unit) { expression in
        guard case .call(let callee, let arguments) = expression.kind,
          case .reference(let name) = Self.stripped(callee).kind
        else { return }
        calls[name, default: []].append((function, arguments))
      }
    }
    self.calls = calls
  }

  private var findings: [Finding] {
    let filled = self.filled
    guard !filled.isEmpty else { return [] }
    let others = otherShifts
    return unit.functions.filter { $0.span.file == 0 }.compactMap { function in
      var finding: Finding?
      function.body.walk(in: unit) { expression in
        guard finding == nil, let (list, index) = lookup(expression),
          let fill = filled[list], case .member(let size)? = shift(counting: index, in: function),
          others.contains(size)
        else { return }
        finding = self.finding(function, expression.span, size, fill)
      }
      return finding
    }
  }

  private func finding(
    _ function: CFunction,
    _ span: SourceSpan,
    _ size: FieldKey,
    _ fill: SourceSpan
  ) -> Finding {
    let member = unit.records[Int(size.record)].fields[size.field].name
    return Finding(
      id: "hmm-index-units",
      severity: .error,
      location: place(span),
      message: "\(function.name)() looks up pfns by the number of a page of 1 << \(member), and "
        + "hmm_range_fault() fills one for each PAGE_SIZE",
      related: [
        .init(location: place(fill), message: "the list is filled by the number of PAGE_SIZE here")
      ],
      context: function.name
    )
  }

  private func place(_ span: SourceSpan) -> SourceLocation {
    SourceLocation(
      path: relativePath(unit.files[Int(span.file)]),
      line: Int(span.line),
      column: Int(span.column)
    )
  }

  // MARK: Lists

  /// The lists that are filled from an index that counts PAGE_SIZE, and where.
  private var filled: [[FieldKey]: SourceSpan] {
    var filled: [[FieldKey]: SourceSpan] = [:]
    for function in unit.functions {
      function.body.walk(in: unit) { expression in
        guard case .assignment(nil, let target, let value, _) = expression.kind,
          case .member(_, let record, let field, _) = target.kind,
          unit.records[Int(record)].name == "hmm_range",
          unit.records[Int(record)].fields[field].name == "hmm_pfns",
          case .unary(.addressOf, let entry) = Self.stripped(value).kind,
          let (list, index) = lookup(Self.stripped(entry)),
          shift(counting: index, in: function) == .constant(Self.pageShift)
        else { return }
        filled[list] = filled[list] ?? expression.span
      }
    }
    return filled
  }

  /// A list and the index by which an expression names one of its entries.
  private func lookup(_ expression: CExpression) -> (list: [FieldKey], index: CExpression)? {
    switch expression.kind {
    case .subscription(let base, let index):
      let list = members(Self.stripped(base))
      return list.isEmpty ? nil : (list, index)
    case .call(let callee, let arguments):
      guard case .reference(let name) = Self.stripped(callee).kind,
        ["hmm_dma_map_pfn", "hmm_dma_unmap_pfn"].contains(unit[name].name), arguments.count > 2,
        case .unary(.addressOf, let map) = Self.stripped(arguments[1]).kind,
        case .record(let record) = unit[map.type].kind,
        let field = unit.records[Int(record)].fields.firstIndex(where: { $0.name == "pfn_list" })
      else { return nil }
      return (
        members(Self.stripped(map)) + [FieldKey(record: record, field: field)], arguments[2]
      )
    default: return nil
    }
  }

  /// The members from the struct that a pointer leads to down to one: `map`, `pfn_list`.
  private func members(_ expression: CExpression) -> [FieldKey] {
    guard case .member(let base, let record, let field, let isArrow) = expression.kind else {
      return []
    }
    let key = FieldKey(record: record, field: field)
    return (isArrow ? [] : members(Self.stripped(base))) + [key]
  }

  // MARK: Counts

  /// Members that are the shift of a page's size and are not always PAGE_SHIFT: the code subtracts
  /// that from them, or sets them to more.
  private var otherShifts: Set<FieldKey> {
    var found: Set<FieldKey> = []
    for function in unit.functions {
      function.body.walk(in: unit) { expression in
        switch expression.kind {
        case .binary(.subtract, let left, let right):
          guard Self.constant(right) == Self.pageShift,
            case .member(let key)? = shift(left, in: function)
          else { return }
          found.insert(key)
        case .assignment(nil, let target, let value, _):
          guard let constant = Self.constant(value), (Self.pageShift + 1..<64).contains(constant),
            case .member(_, let record, let field, _) = target.kind
          else { return }
          found.insert(FieldKey(record: record, field: field))
        default: return
        }
      }
    }
    return found
  }

  /// What an index counts; nil when it cannot be told.
  ///
  /// - Parameter seen: variables that are being followed
  private func shift(
    counting index: CExpression,
    in function: CFunction,
    depth: Int = 0,
    past seen: Set<DeclarationID> = []
  ) -> Shift? {
    let index = Self.stripped(index)
    switch index.kind {
    case .binary(.shiftRight, _, let count): return shift(count, in: function)
    case .binary(.add, let left, let right), .binary(.subtract, let left, let right):
      let both = [left, right].compactMap {
        shift(counting: $0, in: function, depth: depth, past: seen)
      }
      return Set(both).count == 1 ? both[0] : nil
    case .reference(let variable):
      guard !seen.contains(variable), seen.count < Self.mostVariables,
        let values = values(of: variable, in: function)
      else { return nil }
      let seen = seen.union([variable])
      var shifts = values.map { shift(counting: $0, in: function, depth: depth, past: seen) }
      if let number = function.parameters.firstIndex(of: variable) {
        guard depth < Self.mostCallers, let callers = calls[function.declaration] else {
          return nil
        }
        shifts += callers.map { caller, arguments in
          arguments.indices.contains(number)
            ? shift(counting: arguments[number], in: caller, depth: depth + 1, past: seen) : nil
        }
      }
      return Set(shifts).count == 1 ? shifts[0] : nil
    default: return nil
    }
  }

  /// What something is shifted by.
  private func shift(_ count: CExpression, in function: CFunction) -> Shift? {
    if let constant = Self.constant(count) { return .constant(constant) }
    let count = Self.stripped(count)
    switch count.kind {
    case .member(_, let record, let field, _):
      return .member(FieldKey(record: record, field: field))
    case .reference(let variable):
      guard !function.parameters.contains(variable),
        let values = values(of: variable, in: function), values.count == 1,
        case .member(_, let record, let field, _) = Self.stripped(values[0]).kind
      else { return nil }
      return .member(FieldKey(record: record, field: field))
    default: return nil
    }
  }

  /// All that a variable is set to in a function but numbers; nil when what it counts may change.
  private func values(of variable: DeclarationID, in function: CFunction) -> [CExpression]? {
    guard [.local, .parameter].contains(unit[variable].kind) else { return nil }
    var values = [unit[variable].initializer].compactMap { $0 }
    var isChanged = false
    function.body.walk(in: unit) { expression in
      switch expression.kind {
      case .assignment(let op, let target, let value, _):
        guard case .reference(variable) = Self.stripped(target).kind else { return }
        switch op {
        case nil: values.append(value)
        case .add?, .subtract?: break
        default: isChanged = true
        }
      case .unary(.addressOf, let target):
        if case .reference(variable) = Self.stripped(target).kind { isChanged = true }
      default: return
      }
    }
    return isChanged ? nil : values.filter { Self.constant($0) == nil }
  }

  private static func stripped(_ expression: CExpression) -> CExpression {
    var expression = expression
    while case .cast(let inner, _) = expression.kind { expression = inner }
    return expression
  }

  private static func constant(_ expression: CExpression) -> UInt64? {
    if case .integer(let value) = stripped(expression).kind { value } else { nil }
  }
}
