// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// The tables of functions by which a file's functions are called: `struct platform_driver`,
/// `struct net_device_ops` and their like. Two members of one table that undo each other name a
/// setup and its teardown, whatever the functions are called.
struct OperationTables {
  private struct Pair: Hashable {
    var setup: String
    var teardown: String
  }

  private var known: Set<Pair> = []
  private var privately: Set<String> = []
  /// The members, by table, that have each function of a table with a known order.
  private var ordered: [String: [DeclarationID: Int]] = [:]
  /// The tables that have each function, and of which struct they are.
  private var tables: [String: [DeclarationID: Int32]] = [:]

  init(_ unit: CUnit) {
    for (index, declaration) in unit.declarations.enumerated() {
      guard let initializer = declaration.initializer,
        case .record(let record) = unit[declaration.type].kind
      else { continue }
      collect(initializer, of: DeclarationID(Int32(index)), record, unit)
    }
  }

  /// Whether the functions are of objects of two kinds: there are tables of one struct for both, and
  /// none has both.
  func separate(_ setup: String, _ teardown: String) -> Bool {
    guard let ones = tables[setup], let others = tables[teardown] else { return false }
    return Set(ones.keys).isDisjoint(with: others.keys)
      && !Set(ones.values).isDisjoint(with: others.values)
  }

  func pairs(_ setup: String, _ teardown: String) -> Bool {
    known.contains(Pair(setup: setup, teardown: teardown))
  }

  /// Whether one table has both functions.
  func share(_ one: String, _ other: String) -> Bool {
    guard let ones = tables[one], let others = tables[other] else { return false }
    return ones.keys.contains { others[$0] != nil }
  }

  /// Tables whose members are called in a known order, as far as they begin something
  /// (include/media/videobuf2-core.h, Documentation/sound/kernel-api/writing-an-alsa-driver.rst).
  private static let orders: [String: [String]] = [
    "vb2_ops": ["buf_init", "buf_prepare", "buf_queue", "buf_finish"],
    "snd_pcm_ops": ["open", "hw_params", "prepare", "trigger"],
  ]

  /// Whether one table has both functions, and the first is called after the other.
  func follows(_ later: String, _ earlier: String) -> Bool {
    guard let ones = ordered[later], let others = ordered[earlier] else { return false }
    return ones.contains { table, position in others[table].map { $0 < position } ?? false }
  }

  /// Whether all tables that have the function are of one struct.
  func lists(_ name: String, in table: String, _ unit: CUnit) -> Bool {
    guard let tables = tables[name] else { return false }
    return tables.values.allSatisfy { unit.records[Int($0)].name == table }
  }

  /// Whether a table has the function of which nobody knows here when its members are called.
  func listsPrivately(_ name: String) -> Bool { privately.contains(name) }

  /// What the names of tables end in whose members are called as their names say: after a setup that
  /// failed its opposite is not.
  private static let kernelTables = [
    "_driver", "file_operations", "net_device_ops", "blk_mq_ops", "dma_device", "ethtool_ops",
    "vm_operations_struct", "dev_pm_ops", "vfio_device_ops", "ib_device_ops", "dma_buf_ops",
    "snd_pcm_ops", "scsi_host_template", "i2c_algorithm", "spi_controller_mem_ops",
    "nand_controller_ops", "uart_ops", "ata_port_operations", "vb2_ops", "usb_ep_ops",
    "iio_buffer_setup_ops", "ieee80211_ops",
  ]

  private mutating func collect(
    _ value: CExpression,
    of declaration: DeclarationID,
    _ record: Int32,
    _ unit: CUnit
  ) {
    guard case .initializerList(let elements) = value.kind else { return }
    let members = Self.members(elements, record, unit)
    for (_, function) in members { tables[function, default: [:]][declaration] = record }
    let table = unit.records[Int(record)].name
    for (member, function) in members {
      guard let position = Self.orders[table]?.firstIndex(of: member) else { continue }
      ordered[function, default: [:]][declaration] = position
    }
    if !Self.kernelTables.contains(where: table.hasSuffix) {
      privately.formUnion(members.map(\.function))
    }
    for first in members {
      for second in members
      where MappingRoles.areOpposites(Self.stem(first.member), Self.stem(second.member)) {
        known.insert(Pair(setup: first.function, teardown: second.function))
      }
    }
  }

  /// Functions in an initialiser by member, those of anonymous members too.
  private static func members(
    _ elements: [CExpression.Initializer],
    _ record: Int32,
    _ unit: CUnit
  ) -> [(member: String, function: String)] {
    let fields = unit.records[Int(record)].fields
    return elements.flatMap { element -> [(member: String, function: String)] in
      guard fields.indices.contains(element.position) else { return [] }
      let field = fields[element.position]
      if field.name.isEmpty, case .record(let inner) = unit[field.type].kind,
        case .initializerList(let list) = element.value.kind
      {
        return members(list, inner, unit)
      }
      return function(element.value, unit).map { [(field.name, $0)] } ?? []
    }
  }

  /// What a member says it does, where its name says more or less than that.
  private static func stem(_ member: String) -> String {
    switch member {
    case "queue_rq": "queue"
    case "remove_new": "remove"
    case "unlocked_ioctl": "ioctl"
    default: member
    }
  }

  private static func function(_ value: CExpression, _ unit: CUnit) -> String? {
    switch value.kind {
    case .cast(let inner, _), .unary(.addressOf, let inner): function(inner, unit)
    case .reference(let id): unit[id].kind == .function ? unit[id].name : nil
    default: nil
    }
  }
}
