// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  /// `__GFP_ZERO` of Linux 5.x and 6.x (include/linux/gfp_types.h).
  public static let gfpZero: UInt64 = 0x100
  /// `ZERO_SIZE_PTR`, and what nobody takes for another pointer that is close to NULL.
  static let zeroSizePointer: UInt64 = 16
  static let afterZeroSize: UInt64 = 4096

  static let allocators = Family(
    title: "Allocators",
    names: allocatingNames().merging(freeingNames()) { first, _ in first }
  )

  private static func allocatingNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    func add(
      _ list: String,
      size: Int,
      times: Int? = nil,
      flags: Int? = nil,
      zeroed: Bool = false,
      managed: Bool = false,
      kind: ObjectKind = .heap
    ) {
      for name in list.split(separator: " ") {
        names[String(name)] = { call in
          var bytes = call[size]
          if let times {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: call[times])
            // The array allocators refuse a product that overflows.
            if overflow { return 0 }
            bytes = product
          }
          // A bucket, a token or an alignment may stand before the flags, which only the node
          // follows.
          let last = call.arguments.count - (name.contains("_node") ? 2 : 1)
          let place = flags.map { $0 == 1 && times == nil && size == 0 ? max(last, 1) : $0 }
          let isZeroed = zeroed || (place.map { call[$0] & gfpZero != 0 } ?? false)
          return try allocate(call, bytes, isZeroed: isZeroed, isManaged: managed, kind)
        }
      }
    }
    add("kmalloc kmalloc_noprof __kmalloc __kmalloc_noprof kmalloc_large_noprof", size: 0, flags: 1)
    add("kmalloc_node kmalloc_node_noprof __kmalloc_node_noprof", size: 0, flags: 1)
    add("__kmalloc_cache_noprof", size: 2, flags: 1)
    add("__kmalloc_cache_node_noprof", size: 3, flags: 1)
    add("kzalloc kzalloc_noprof kzalloc_node", size: 0, zeroed: true)
    add("kmalloc_array kmalloc_array_noprof", size: 0, times: 1, flags: 2)
    add("kmalloc_array_node_noprof", size: 0, times: 1, flags: 2)
    add("kcalloc kcalloc_noprof kcalloc_node kcalloc_node_noprof", size: 0, times: 1, zeroed: true)
    add("kvmalloc kvmalloc_noprof kvmalloc_node_noprof __kvmalloc_node_noprof", size: 0, flags: 1)
    add("kvzalloc kvzalloc_noprof kvzalloc_node_noprof", size: 0, zeroed: true)
    add("kvmalloc_array kvmalloc_array_noprof", size: 0, times: 1, flags: 2)
    add("kvcalloc kvcalloc_noprof", size: 0, times: 1, zeroed: true)
    add("vmalloc vmalloc_noprof __vmalloc_noprof vmalloc_user_noprof", size: 0, kind: .vmalloc)
    add("vzalloc vzalloc_noprof vzalloc_node_noprof", size: 0, zeroed: true, kind: .vmalloc)
    add("devm_kmalloc", size: 1, flags: 2, managed: true)
    add("devm_kzalloc", size: 1, zeroed: true, managed: true)
    add("devm_kmalloc_array", size: 1, times: 2, flags: 3, managed: true)
    add("devm_kcalloc", size: 1, times: 2, zeroed: true, managed: true)
    for name in ["bitmap_alloc", "bitmap_zalloc"] {
      let isZeroed = name == "bitmap_zalloc"
      names[name] = { call in
        let bytes = ((call[0] & 0xffff_ffff) + 63) / 64 * 8
        return try allocate(call, bytes, isZeroed: isZeroed, isManaged: false, .heap)
      }
    }
    // How large the cache's objects are nobody knows here.
    for name in ["kmem_cache_alloc", "kmem_cache_zalloc", "mempool_alloc"] {
      for suffix in ["", "_noprof", "_lru_noprof", "_node_noprof"] {
        names[name + suffix] = { call in
          let address = try allocate(
            call,
            4096,
            isZeroed: name == "kmem_cache_zalloc" || call[1] & gfpZero != 0,
            isManaged: false,
            .heap
          )
          call.interpreter.makeUnbounded(address)
          return address
        }
      }
    }
    for name in ["kmemdup", "kmemdup_noprof", "devm_kmemdup"] {
      let shift = name == "devm_kmemdup" ? 1 : 0
      names[name] = { call in
        let size = call[1 + shift]
        let copy = try allocate(call, size, isZeroed: false, isManaged: shift == 1, .heap)
        if copy > zeroSizePointer {
          try call.interpreter.copy(to: copy, from: call[shift], Int(clamping: size))
        }
        return copy
      }
    }
    for name in ["krealloc", "krealloc_noprof", "kvrealloc", "kvrealloc_noprof"] {
      names[name] = { call in
        // Until 6.11 kvrealloc() was told the old size as well.
        let place = call.arguments.count > 3 ? 2 : 1
        return try reallocate(call, call[place], flags: call[place + 1])
      }
    }
    return names
  }

  /// Memory of another size with what was in it; what was there stays when there is none.
  private static func reallocate(
    _ call: OutsideCall,
    _ size: UInt64,
    flags: UInt64
  ) throws(ExecutionStop) -> UInt64 {
    let old = call[0]
    if size == 0 {
      _ = try free(call, old)
      return noMemory(call.interpreter)
    }
    let isZeroed = flags & gfpZero != 0
    let new = try allocate(call, size, isZeroed: isZeroed, isManaged: false, .heap)
    guard new != 0, old > zeroSizePointer else { return new }
    let memory = call.interpreter.memory
    if let (index, offset) = memory.locate(old) {
      let wanted = Int(clamping: size)
      let held = memory.objects[index].size - offset
      // Of an input nobody knows how much there is: what its owner says he has.
      let isLarger =
        wanted > held && memory.objects[index].isUnbounded
        && memory.grow(index, toInclude: offset, wanted)
      let kept = isLarger ? wanted : min(held, wanted)
      try call.interpreter.copy(to: new, from: old, kept)
    }
    _ = try free(call, old)
    return new
  }

  private static func freeingNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    for name in ["kfree", "vfree", "kvfree", "kfree_sensitive", "kfree_const", "bitmap_free"] {
      names[name] = { call in try free(call, call[0]) }
    }
    for name in ["kmem_cache_free", "devm_kfree", "kfree_rcu_mightsleep", "mempool_free"] {
      let argument = name == "kfree_rcu_mightsleep" || name == "mempool_free" ? 0 : 1
      names[name] = { call in try free(call, call[argument]) }
    }
    names["kvfree_call_rcu"] = { call in try free(call, call[1]) }
    return names
  }

  /// An allocation that can fail.
  static func allocate(
    _ call: OutsideCall,
    _ size: UInt64,
    isZeroed: Bool,
    isManaged: Bool,
    _ kind: ObjectKind
  ) throws(ExecutionStop) -> UInt64 {
    let interpreter = call.interpreter
    guard interpreter.host.choose(2, call.callee.name, call.site) == 0 else { return 0 }
    if size == 0 {
      guard kind != .vmalloc else { return 0 }
      return noMemory(interpreter)
    }
    // What no allocator can satisfy, such as the result of an overflow.
    guard size <= UInt64(Memory.largestObject) else { return 0 }
    let object = try interpreter.allocate(
      Int(size),
      kind,
      "memory of \(call.callee.name)()",
      fill: isZeroed ? Memory.zeroed : Memory.undefined
    )
    // The device's managed memory goes when the driver is unbound.
    interpreter.memory.objects[object].hasEscaped = isManaged
    return interpreter.memory.address(of: object)
  }

  /// What whoever asks for no bytes is given.
  private static func noMemory(_ interpreter: Interpreter) -> UInt64 {
    interpreter.hasZeroSized = true
    // The pointer is what it is, however many were asked for.
    interpreter.hasReadUnknown = false
    return zeroSizePointer
  }

  static func free(_ call: OutsideCall, _ address: UInt64) throws(ExecutionStop) -> UInt64 {
    guard address > zeroSizePointer else { return 0 }
    let interpreter = call.interpreter
    guard let (index, offset) = interpreter.memory.locate(address) else {
      throw interpreter.invalidAddress(address, "freed")
    }
    let object = interpreter.memory.objects[index]
    guard object.isLive else {
      throw interpreter.fault(.doubleFree, "\(object.name) is freed twice", index, address)
    }
    if object.kind == .input {
      // What was passed in may be part of something larger; only whole objects go.
      if offset == 0 { interpreter.memory.free(index, at: call.site) }
      return 0
    }
    guard offset == 0, object.kind == .heap || object.kind == .vmalloc || object.kind == .pages
    else {
      throw interpreter.fault(
        .invalidFree,
        "\(object.name) is freed at offset \(offset), where no allocator gave it out",
        index,
        address
      )
    }
    interpreter.memory.free(index, at: call.site)
    return 0
  }
}

extension OutsideCall {
  /// Memory that a function of the embedder's gives out, named for it; zero when the run makes that
  /// fail.
  ///
  /// - Parameter isManaged: it goes with the device
  public func allocate(
    bytes: UInt64,
    isZeroed: Bool,
    isManaged: Bool
  ) throws(ExecutionStop) -> UInt64 {
    try KernelBuiltins.allocate(self, bytes, isZeroed: isZeroed, isManaged: isManaged, .heap)
  }

  /// Takes it back; throws what is wrong with that.
  public func free(_ address: UInt64) throws(ExecutionStop) {
    _ = try KernelBuiltins.free(self, address)
  }
}
