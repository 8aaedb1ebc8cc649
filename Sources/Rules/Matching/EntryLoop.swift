// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// A loop over entries of a scatterlist, as `for_each_sg()` is defined
/// (include/linux/scatterlist.h): `for (i = 0, sg = list; i < count; i++, sg = sg_next(sg))`.
struct EntryLoop {
  var list: CExpression
  var entry: CExpression
  var count: CExpression
  var index: CExpression
  var body: CStatement

  init?(_ statement: CStatement, key: ExpressionKey) {
    guard case .forLoop(let start?, let condition?, let step?, let body) = statement.kind,
      case .expression(let first) = start.kind
    else { return nil }
    let starts = LoopShape.operands(of: first, key: key)
    let steps = LoopShape.operands(of: step, key: key)
    guard starts.count == 2, steps.count == 2,
      case .assignment(nil, let index, let zero, _) = key.stripped(starts[0]).kind,
      key.constant(zero) == 0,
      case .assignment(nil, let entry, let list, _) = key.stripped(starts[1]).kind,
      case .binary(.less, let left, let count) = key.stripped(condition).kind,
      key.text(left) == key.text(index),
      let counted = LoopShape.increment(key.stripped(steps[0]), key: key),
      key.text(counted) == key.text(index),
      case .assignment(nil, let next, let call, _) = key.stripped(steps[1]).kind,
      key.text(next) == key.text(entry),
      case .call(let callee, let arguments) = key.stripped(call).kind,
      key.calleeName(callee) == "sg_next", arguments.count == 1,
      key.text(arguments[0]) == key.text(entry)
    else { return nil }
    self.list = list
    self.entry = entry
    self.count = count
    self.index = index
    self.body = body
  }
}
