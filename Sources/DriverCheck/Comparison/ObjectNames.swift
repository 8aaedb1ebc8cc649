// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What the objects of a run are called, so that those of two runs can be told to be the same: by
/// the path that leads there, or else by what made them and the how manieth it is.
struct ObjectNames {
  private var paths: [Int: (path: String, type: TypeID?)] = [:]

  mutating func name(_ object: Int, _ path: String, _ type: TypeID?) {
    if paths[object] == nil { paths[object] = (path, type) }
  }

  /// What a word means that is not a device address.
  func value(
    of value: UInt64,
    isPage: Bool,
    _ unit: CUnit,
    _ interpreter: Interpreter
  ) -> MemoryPicture.Value {
    if isPage || Self.isPageStruct(value) {
      let frame = interpreter.memory.frame(ofPageStruct: value)
      guard value != 0, interpreter.place(of: frame) != nil else { return .number(value) }
      return .place("page of " + place(frame, unit, interpreter))
    }
    guard let found = interpreter.place(of: value) else { return .number(value) }
    let object = interpreter.object(numbered: found.object)
    guard object.isLive else { return .gone }
    return .place(place(value, unit, interpreter))
  }

  /// Whether a value is a pointer to memory, or to the struct page of some.
  func leads(_ value: UInt64, _ interpreter: Interpreter) -> Bool {
    Self.isPageStruct(value) || interpreter.place(of: value) != nil
  }

  private static func isPageStruct(_ value: UInt64) -> Bool {
    value >= Memory.pageStructBase && value < Memory.pageStructBase + 1 << 40
  }

  func value(of word: DeviceWord, _ interpreter: Interpreter) -> MemoryPicture.Value {
    .mapped(physical(word.physical, interpreter), word.direction, word.encoding, flags: word.flags)
  }

  /// A physical address by the object that is there.
  func physical(_ address: UInt64, _ interpreter: Interpreter) -> String {
    let virtual = interpreter.memory.virtual(physical: address)
    guard let place = interpreter.place(of: virtual) else { return hexText(address) }
    return "\(name(of: place.object, interpreter)) + \(place.offset)"
  }

  private func place(_ address: UInt64, _ unit: CUnit, _ interpreter: Interpreter) -> String {
    guard let place = interpreter.place(of: address) else { return hexText(address) }
    let name = name(of: place.object, interpreter)
    // Members move when a struct gains one, so that they go by name.
    guard let type = paths[place.object]?.type else { return "\(name) + \(place.offset)" }
    return name + Self.member(at: place.offset, in: type, unit)
  }

  private func name(of index: Int, _ interpreter: Interpreter) -> String {
    if let known = paths[index] { return known.path }
    let object = interpreter.object(numbered: index)
    if object.kind == .stack { return "the stack" }
    let earlier = (1..<index).count {
      let other = interpreter.object(numbered: $0)
      return other.name == object.name && other.kind == object.kind
    }
    return "\(object.name) #\(earlier + 1)"
  }

  private static func member(at offset: Int, in type: TypeID, _ unit: CUnit) -> String {
    switch unit[type].kind {
    case .record(let index):
      let size = max(unit[type].sizeBytes, 1)
      let element = offset >= size ? "[\(offset / size)]" : ""
      let rest = offset % size
      let field = unit.records[Int(index)].fields.last {
        $0.offsetBits / 8 <= rest && rest < $0.offsetBits / 8 + max(unit[$0.type].sizeBytes, 1)
      }
      guard let field else { return "\(element) + \(rest)" }
      return "\(element)->\(field.name)"
        + member(at: rest - field.offsetBits / 8, in: field.type, unit)
    default: return offset == 0 ? "" : " + \(offset)"
    }
  }

  private func hexText(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
