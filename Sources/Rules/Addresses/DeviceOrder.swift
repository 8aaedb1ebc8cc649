// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// When a struct gets its device: before what needs it is allocated.
struct DeviceOrder {
  /// The members that lead to the device.
  let members: Set<StorageField.Place>
  let allocation: PatternMatch
  /// The variable that leads to the struct there.
  let owner: DeclarationID?
  /// What is allocated.
  let name: String
  let key: ExpressionKey

  func check() throws(Unsuitable) {
    guard let extent = allocation.extent else { return }
    let function = allocation.function
    var isSetBefore = false
    var late: UInt32?
    function.body.walk(in: key.unit) { expression in
      guard case .assignment(_, let target, _, _) = expression.kind,
        case .member(_, let record, let field, _) = key.stripped(target).kind,
        members.contains(.init(record: record, field: field))
      else { return }
      if expression.span.start < extent.lowerBound {
        isSetBefore = true
      } else {
        late = expression.span.line
      }
    }
    if let late {
      throw Unsuitable(reason: "line \(late) sets the device behind the allocation")
    }
    if let owner, key.unit[owner].kind == .local, key.isAllocated(owner, in: function),
      !isSetBefore
    {
      throw Unsuitable(
        reason: "\(function.name)() allocates \(name) before there is a device"
      )
    }
  }
}
