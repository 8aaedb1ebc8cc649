// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Whether a struct starts out as zeros wherever the text makes one, alone or within another struct:
/// a new member of it is looked at before it is first written on some paths.
struct ClearedOwner {
  let record: Int32
  /// All of the text.
  let functions: [CFunction]
  let key: ExpressionKey

  private var unit: CUnit { key.unit }

  func check() throws(Unsuitable) {
    let records = holders
    func holder(_ type: TypeID) -> Int32? {
      guard case .record(let record) = unit[type].kind, records.contains(record) else { return nil }
      return record
    }
    var failure: Unsuitable?
    func note(_ value: CExpression, _ type: TypeID) {
      guard case .pointer(let pointee) = unit[type].kind, let record = holder(pointee),
        let name = key.allocatingCall(value)?.name, !Self.clears(name),
        // Its own allocation is looked at where it is.
        !functions.contains(where: { $0.name == name })
      else { return }
      failure = Unsuitable(
        reason: "line \(value.span.line) allocates \(tag(record)) without clearing it"
      )
    }
    for function in functions {
      function.body.walk(in: unit) { expression in
        if case .assignment(nil, let target, let value, _) = expression.kind {
          note(value, target.type)
        }
      }
      for declaration in function.body.declarations.map({ unit[$0] }) {
        if let value = declaration.initializer {
          note(value, declaration.type)
        } else if declaration.kind == .local, let record = holder(declaration.type) {
          failure = Unsuitable(
            reason: "\(function.name)() has \(tag(record)) on its stack without clearing it"
          )
        }
      }
    }
    if let failure { throw failure }
  }

  /// Names of allocators: kzalloc(), kcalloc(), kvcalloc(), devm_kzalloc(), dma_alloc_coherent() …
  private static func clears(_ name: String) -> Bool {
    name.contains("zalloc") || name.contains("calloc") || name.contains("alloc_coherent")
  }

  private func tag(_ record: Int32) -> String {
    let name = unit.records[Int(record)].name
    return name.isEmpty ? "a struct without a name" : "struct \(name)"
  }

  /// The struct, and those that have it as a member.
  private var holders: Set<Int32> {
    var found: Set<Int32> = [record]
    var count = 0
    while count != found.count {
      count = found.count
      for (index, outer) in unit.records.enumerated()
      where outer.fields.contains(where: { holds($0.type, found) }) {
        found.insert(Int32(index))
      }
    }
    return found
  }

  private func holds(_ type: TypeID, _ records: Set<Int32>) -> Bool {
    switch unit[type].kind {
    case .record(let record): records.contains(record)
    case .array(let element, _): holds(element, records)
    default: false
    }
  }
}
