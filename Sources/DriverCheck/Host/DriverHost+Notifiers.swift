// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// What a notifier watches of a process' memory.
struct WatchedInterval {
  /// The address of its `struct mmu_interval_notifier`.
  var notifier: UInt64
  var start: UInt64
  var length: UInt64
}

/// `struct mmu_interval_notifier` (include/linux/mmu_notifier.h, mm/mmu_notifier.c, 5.5 to 6.16).
extension DriverHost {
  func notifierBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for name in ["mmu_interval_notifier_insert", "mmu_interval_notifier_insert_locked"] {
      names[name] = { [unowned self] call in try insertNotifier(call) }
    }
    // Waits for what is under way, and calls nothing.
    names["mmu_interval_notifier_remove"] = { [unowned self] call in
      intervals.removeAll { $0.notifier == call[0] }
      return 0
    }
    return names
  }

  private func insertNotifier(_ call: OutsideCall) throws -> UInt64 {
    guard !fails(call) else { return UInt64(bitPattern: -12) }
    let interpreter = call.interpreter
    let notifier = call[0]
    intervals.append(WatchedInterval(notifier: notifier, start: call[2], length: call[3]))
    let record = "mmu_interval_notifier"
    interpreter.exposeToUnknownCode(notifier, memberBytes: bytesKnown(to: call, 0))
    if let place = offset(of: "mm", in: record) {
      try interpreter.store(notifier + place, 8, call[1])
    }
    guard let node = offset(of: "interval_tree", in: record) else { return 0 }
    for (member, value) in [("start", call[2]), ("last", call[2] &+ call[3] &- 1)] {
      guard let place = offset(of: member, in: "interval_tree_node") else { continue }
      try interpreter.store(notifier + node + place, 8, value)
    }
    return 0
  }

  /// What changes of a process' memory when the driver's notifier is called: all that it watches, a
  /// page of that, or more than that. Nil where no notifier was inserted, or another type is asked for.
  func invalidatedRange(
    _ type: TypeID,
    _ name: String
  ) throws(ExecutionStop) -> UInt64? {
    let tag = "mmu_notifier_range"
    guard case .record(let index) = unit[type].kind, unit.records[Int(index)].name == tag,
      let interpreter, let interval = intervals.last,
      let start = offset(of: "start", in: tag), let end = offset(of: "end", in: tag)
    else { return nil }
    let page: UInt64 = 4096
    var first = interval.start
    var last = interval.start &+ interval.length
    let number = questions.count
    let extent = chooseInput("the range that is invalidated", [0, 1, 2], interpreter.currentSite)
    // Whoever changes the memory may change any part of it.
    if questions.indices.contains(number) { questions[number].isPresence = true }
    switch extent {
    case 1: last = min(last, first &+ page)
    case 2:
      first = first < page ? 0 : first - page
      last = last &+ page
    default: break
    }
    let range = try interpreter.makeInput(type, name: name)
    try interpreter.store(range + start, 8, first)
    try interpreter.store(range + end, 8, last)
    // MMU_NOTIFIER_RANGE_BLOCKABLE
    if let flags = offset(of: "flags", in: tag) { try interpreter.store(range + flags, 4, 1) }
    return range
  }

  /// An integer that a function of a mirror is given: flags that the code tests, all of them first
  /// where one version is executed, last where two are compared; how much memory is to be watched, a few pages or more than a huge one; then all that is, or a
  /// part of it. Nil where it may be any number.
  func mirrorValue(_ name: String, _ type: TypeID, _ site: Site) -> UInt64? {
    guard mirrorState.isFollowed, case .integer = unit[type].kind else { return nil }
    if let tested = bits[name], !tested.isEmpty {
      let all = tested.reduce(0, |)
      let some = tested.filter { $0 != all }
      return chooseInput(name, effects == nil ? [all] + some + [0] : [0] + some + [all], site)
    }
    let words = Set(name.lowercased().split(separator: "_"))
    guard unit[type].sizeBytes == 8 else { return nil }
    let isLength = !words.isDisjoint(with: Self.lengthWords)
    guard let interval = intervals.last else {
      return isLength ? chooseInput(name, [3 * 4096, 513 * 4096, 64, 0, 1], site) : nil
    }
    let half = interval.length / 2 & ~4095
    let end = interval.start &+ interval.length
    if isLength { return chooseInput(name, [interval.length, 4096, 0], site) }
    if !words.isDisjoint(with: ["end", "last", "bound"]) {
      return chooseInput(name, [end, interval.start &+ half], site)
    }
    if !words.isDisjoint(with: ["addr", "address", "virt", "va", "vaddr", "uaddr", "start"]) {
      return chooseInput(name, [interval.start, interval.start &+ half], site)
    }
    return nil
  }

  private static let lengthWords: Set<Substring> = [
    "size", "len", "length", "bytes", "bcnt",
  ]

  func record(_ name: String) -> CRecord? {
    unit.records.first { $0.name == name && !$0.fields.isEmpty }
  }

  func offset(of member: String, in name: String) -> UInt64? {
    record(name)?.fields.first { $0.name == member }.map { UInt64($0.offsetBits / 8) }
  }
}
