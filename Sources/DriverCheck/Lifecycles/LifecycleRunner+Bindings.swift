// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Which objects a function gets that the kernel calls back.
extension LifecycleRunner {
  /// The arguments, by position, that follow from how the function was handed over: what
  /// `request_irq()` and its like were given with it, or the object that keeps it, as `struct
  /// work_struct` does.
  func bindings(of function: CFunction, _ shared: [String: UInt64]) -> [Int: UInt64] {
    handedArguments(of: function).merging(handedElsewhere(function, shared)) { first, _ in first }
      .merging(enclosed(function, shared)) { first, _ in first }
  }

  /// Arguments that follow from how functions which have not run hand the function over.
  private func handedElsewhere(_ function: CFunction, _ shared: [String: UInt64]) -> [Int: UInt64] {
    guard let parts = handOver?.parts[function.name] else { return [:] }
    var bindings: [Int: UInt64] = [:]
    for (position, parameter) in function.parameters.enumerated() {
      let type = unit.effectiveType(of: parameter, in: function)
      guard case .record(let record) = pointee(type),
        shared[shareKey(type, unit[parameter].name)] == nil
      else { continue }
      let places = Set(
        parts.compactMap { part in
          part.record == record ? ownObject(part.root, shared).map { $0 &+ part.offset } : nil
        }
      )
      if places.count == 1 { bindings[position] = places.first }
    }
    return bindings
  }

  /// What the kernel hands over for the first time, where a member of it points to an object of the
  /// setup's: the command of a port, the packet of a network device.
  func linkedInputs(
    of function: CFunction,
    _ bindings: [Int: UInt64],
    _ shared: [String: UInt64]
  ) throws(ExecutionStop) -> [Int: UInt64] {
    var inputs: [Int: UInt64] = [:]
    for (position, parameter) in function.parameters.enumerated() {
      let type = unit.effectiveType(of: parameter, in: function)
      guard case .pointer(let pointee) = unit[type].kind,
        case .record(let record) = unit[pointee].kind, unit.isOfKernel(record: record),
        shared[shareKey(type, unit[parameter].name)] == nil, related(pointee, shared) == nil
      else { continue }
      let links = unit.records[Int(record)].fields.compactMap {
        field -> (offset: UInt64, owner: UInt64)? in
        guard let owner = shared[shareKey(field.type, "")],
          case .record(let inner) = self.pointee(field.type), inner != record,
          !Self.everywhere.contains(unit.records[Int(inner)].name)
        else { return nil }
        return (UInt64(field.offsetBits / 8), owner)
      }
      guard !links.isEmpty else { continue }
      var input = bindings[position] ?? 0
      if input == 0 { input = try interpreter.makeInput(pointee, name: unit[parameter].name) }
      for link in links { try interpreter.store(input &+ link.offset, 8, link.owner) }
      inputs[position] = input
    }
    return inputs
  }

  /// What so much points to that it says nothing.
  private static let everywhere: Set<String> = ["device", "page", "module", "list_head"]

  private func handedArguments(of function: CFunction) -> [Int: UInt64] {
    var bindings: [Int: UInt64] = [:]
    if let registration = host.registrations.last(where: { $0.function == function.name }) {
      for (position, parameter) in function.parameters.enumerated() {
        bindings[position] = argument(for: parameter, of: registration)
      }
      return bindings
    }
    let wanted = function.parameters.map { pointee(unit[$0].type) }
    guard wanted.contains(where: { $0 != nil }) else { return [:] }
    for place in interpreter.places(ofFunction: function.name) {
      for (position, kind) in wanted.enumerated() where bindings[position] == nil {
        switch kind {
        case .record(let record):
          bindings[position] = owner(place, record)
        case .void:
          bindings[position] = parameter(keptBeside: place)
        default: break
        }
      }
    }
    return bindings
  }

  /// Arguments that are a part of the driver's own object, or that object itself: what
  /// `netdev_priv()` and its like lead to from what the setup was given.
  private func enclosed(_ function: CFunction, _ shared: [String: UInt64]) -> [Int: UInt64] {
    var bindings: [Int: UInt64] = [:]
    var owners: Set<Int32>?
    for (position, parameter) in function.parameters.enumerated() {
      let type = unit.effectiveType(of: parameter, in: function)
      guard case .record(let record) = pointee(type),
        shared[shareKey(type, unit[parameter].name)] == nil
      else { continue }
      if !unit.isOfKernel(record: record) {
        bindings[position] = ownObject(record, shared)
        continue
      }
      if owners == nil { owners = localRecords(function) }
      for owner in (owners ?? []).sorted() {
        guard let offset = unit.offset(of: record, in: owner),
          let address = ownObject(owner, shared)
        else { continue }
        bindings[position] = address &+ offset
        break
      }
    }
    return bindings
  }

  private func localRecords(_ function: CFunction) -> Set<Int32> {
    var scan = StateScan(unit: unit)
    scan.visit(function.body)
    return scan.localRecords.filter { !unit.isOfKernel(record: $0) }
  }

  /// The only object of the driver's own kind that the functions before have found.
  private func ownObject(_ record: Int32, _ shared: [String: UInt64]) -> UInt64? {
    if let known = shared["record \(record)"] { return known }
    if let inputs = interpreter.inputsOfRecord[record] {
      return inputs.count == 1 ? inputs[0] : nil
    }
    guard localRecords(lifecycle.setup).contains(record) else { return nil }
    let calls = interpreter.program.calls(from: lifecycle.setup.name)
    for (key, address) in shared.sorted(by: { $0.key < $1.key }) {
      guard key.hasPrefix("record "), let index = Int(key.dropFirst(7)),
        let area = PrivateArea.all.first(where: { $0.record == unit.records[index].name }),
        calls.contains(area.accessor),
        let field = unit.records[index].fields.first(where: { $0.name == area.member })
      else { continue }
      return address &+ UInt64(field.offsetBits / 8)
    }
    return nil
  }

  /// Of what the kernel hands over anew with each call, another one than the setup was given.
  func newRequests(of function: CFunction) throws(ExecutionStop) -> [Int: UInt64] {
    var requests: [Int: UInt64] = [:]
    // The request that is done.
    guard !function.name.split(separator: "_").contains("post") else { return requests }
    for (position, parameter) in function.parameters.enumerated() {
      guard case .pointer(let pointee) = unit[unit[parameter].type].kind,
        case .record(let record) = unit[pointee].kind,
        Self.requests.contains(unit.records[Int(record)].name)
      else { continue }
      requests[position] = try interpreter.makeInput(pointee, name: unit[parameter].name)
    }
    return requests
  }

  static let requests: Set<String> = [
    "sk_buff", "scsi_cmnd", "request", "urb", "bio", "usb_request", "mmc_request", "spi_message",
    "spi_transfer", "i2c_msg", "skcipher_request", "aead_request", "ahash_request",
  ]

  /// Whether a function gets what the setup has worked on: all of the driver's own objects that it
  /// wants, and at least one object.
  func isBound(
    _ function: CFunction,
    _ bindings: [Int: UInt64],
    _ shared: [String: UInt64]
  ) -> Bool {
    var isBound = !bindings.isEmpty
    for (position, parameter) in function.parameters.enumerated() where bindings[position] == nil {
      let type = unit.effectiveType(of: parameter, in: function)
      guard case .pointer(let pointee) = unit[type].kind,
        case .record(let record) = unit[pointee].kind
      else { continue }
      if isOfAnother(function, record) { return false }
      if shared[shareKey(type, unit[parameter].name)] != nil || related(pointee, shared) != nil {
        isBound = true
      } else if !unit.isOfKernel(record: record) {
        return false
      }
    }
    return isBound
  }

  /// Whether a function is handed over with parts of certain objects only, of which no function that
  /// has run knows one.
  private func isOfAnother(_ function: CFunction, _ record: Int32) -> Bool {
    let parts = handOver?.parts[function.name]?.filter { $0.record == record } ?? []
    return !parts.isEmpty && parts.allSatisfy { $0.root != record }
  }

  private func pointee(_ type: TypeID) -> CType.Kind? {
    guard case .pointer(let pointee) = unit[type].kind else { return nil }
    return unit[pointee].kind
  }

  private func argument(
    for parameter: DeclarationID,
    of registration: DriverHost.Registration
  ) -> UInt64? {
    let given = registration.arguments
    switch pointee(unit[parameter].type) {
    case .void:
      // `dev_id` and its like stand behind the function; so may the format of a name.
      let behind = zip(given, registration.types).dropFirst(registration.position + 1)
      return behind.reversed().first { argument, type in
        guard case .void = pointee(type) else { return false }
        return interpreter.place(of: argument) != nil
      }?.0
    case .record(let record):
      return zip(given, registration.types).first { argument, type in
        guard case .record(record) = pointee(type) else { return false }
        return interpreter.place(of: argument) != nil
      }?.0
    default: return nil
    }
  }

  /// The object of a record at whose member for a function a place is; nil when it may be at one of
  /// several.
  private func owner(_ place: UInt64, _ record: Int32) -> UInt64? {
    guard let offset = interpreter.place(of: place)?.offset else { return nil }
    let fitting = unit.records[Int(record)].fields.filter {
      guard case .function = pointee($0.type) else { return false }
      return $0.offsetBits / 8 <= offset
    }
    guard fitting.count == 1 else { return nil }
    return place &- UInt64(fitting[0].offsetBits / 8)
  }

  /// `callback_param` beside `callback`, as `struct dma_async_tx_descriptor` has them.
  private func parameter(keptBeside place: UInt64) -> UInt64? {
    for record in unit.records {
      guard let function = record.fields.first(where: { $0.name == "callback" }),
        let parameter = record.fields.first(where: { $0.name == "callback_param" })
      else { continue }
      let owner = place &- UInt64(function.offsetBits / 8)
      let value = try? interpreter.load(owner &+ UInt64(parameter.offsetBits / 8), 8)
      if let value, interpreter.place(of: value) != nil { return value }
    }
    return nil
  }
}
