// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let userPages = Family(title: "Pinned pages and lists of requests", names: userPageNames())

  private static func userPageNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    func each(_ list: String, _ builtin: @escaping KernelBuiltin) {
      for name in list.split(separator: " ") { names[String(name)] = builtin }
    }
    each("pin_user_pages_fast get_user_pages_fast pin_user_pages get_user_pages") { call in
      try pin(call, count: call[1], array: call[3])
    }
    each("pin_user_pages_unlocked get_user_pages_unlocked") { call in
      try pin(call, count: call[1], array: call[2])
    }
    each("pin_user_pages_remote get_user_pages_remote") { call in
      try pin(call, count: call[2], array: call[4])
    }
    each("unpin_user_pages unpin_user_pages_dirty_lock") { call in
      for index in 0..<(call[1] & 0xffff_ffff) {
        let page = try call.interpreter.load(call[0] &+ index * 8, 8)
        _ = try put(call, page: page)
      }
      return 0
    }
    // Until 6.15 the queue stood before the request.
    each("blk_rq_map_sg") { call in
      try fillList(call, call.arguments.count > 2 ? call[2] : call[1])
    }
    each("__blk_rq_map_sg") { call in
      try fillList(call, call.arguments.count > 3 ? call[2] : call[1])
    }
    each("skb_to_sgvec skb_to_sgvec_nomark") { call in
      guard call.interpreter.host.choose(2, call.callee.name, call.site) == 0 else {
        return UInt64(bitPattern: -90)
      }
      return try fillList(call, call[1])
    }
    return names
  }

  /// Fills the array; may fail, or stop before the last page.
  private static func pin(
    _ call: OutsideCall,
    count: UInt64,
    array: UInt64
  ) throws(ExecutionStop) -> UInt64 {
    let interpreter = call.interpreter
    let wanted = Int(clamping: Int64(bitPattern: count << 32) >> 32)
    guard wanted > 0 else { return UInt64(bitPattern: -22) }
    let answer = interpreter.host.choose(wanted > 1 ? 3 : 2, call.callee.name, call.site)
    if answer == 1 { return UInt64(bitPattern: -14) }
    let given = answer == 0 ? wanted : wanted - 1
    guard array != 0 else { return UInt64(given) }
    for index in 0..<given {
      let page = try interpreter.makePages(1, name: "a page of \(call.callee.name)()")
      try interpreter.store(array + UInt64(index * 8), 8, page)
    }
    return UInt64(given)
  }

  /// A list of two entries, which the device may see as one.
  private static func fillList(
    _ call: OutsideCall,
    _ list: UInt64
  ) throws(ExecutionStop) -> UInt64 {
    let interpreter = call.interpreter
    let layout = try ScatterlistLayout(interpreter)
    let count = 2
    try layout.initialise(list, count)
    for index in 0..<count {
      let page = try interpreter.makePages(1, name: "a page of \(call.callee.name)()")
      try layout.set(
        list + UInt64(index * layout.size),
        memory: interpreter.memory.frame(ofPageStruct: page),
        length: UInt64(4096 - 1024 * index)
      )
    }
    return UInt64(count)
  }
}
