// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// The device of a map, as an expression around the owner of the list: `m->dev`.
struct MirrorDevice {
  /// The member of the owner's struct that the expression starts with.
  let member: StorageField.Place
  private let name: String
  private let metavariable: String
  private let rendering: SourceRendering
  /// What the source has before and behind the owner and its arrow.
  private let before: String
  private let behind: String
  private let isArrow: Bool

  init(
    _ map: PatternMatch,
    names: MirrorConversion.Names,
    list: StorageField,
    rendering: SourceRendering
  ) throws(Unsuitable) {
    let key = rendering.key
    guard let device = map.expression(names.device) else {
      throw Unsuitable(reason: "no device was matched")
    }
    var inner: CExpression?
    device.walk(in: key.unit) { part in
      if case .member(let base, _, _, _) = part.kind, key.text(base) == key.text(list.owner) {
        inner = part
      }
    }
    guard let inner, case .member(let base, let record, let field, let isArrow) = inner.kind,
      let whole = rendering.text(device), let owner = rendering.text(base), inner.span.file == 0,
      device.span.start <= inner.span.start, base.span.end <= device.span.end,
      device.span.end > device.span.start
    else {
      throw Unsuitable(
        reason: "the device \(key.text(device)) is not found beside \(list.name)"
      )
    }
    let separator = owner + (isArrow ? "->" : ".")
    let parts = whole.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw Unsuitable(reason: "the device \(whole) is not found beside \(list.name)")
    }
    member = .init(record: record, field: field)
    name = whole
    metavariable = names.device
    self.rendering = rendering
    self.isArrow = isArrow
    before = String(parts[0])
    behind = String(parts[1])
  }

  /// The device beside the list of a place.
  func text(for list: StorageField) throws(Unsuitable) -> String {
    guard list.isArrow == isArrow, let owner = rendering.text(list.owner) else {
      throw Unsuitable(reason: "line \(list.owner.span.line) has the device in another way")
    }
    return before + owner + (isArrow ? "->" : ".") + behind
  }

  /// A place that names a device names this one.
  func check(_ place: PatternMatch, list: StorageField) throws(Unsuitable) {
    guard let device = place.expression(metavariable) else { return }
    guard try rendering.text(device) == text(for: list) else {
      throw Unsuitable(
        reason: "\(place.function.name)() names the device otherwise than as \(name)"
      )
    }
  }
}
