// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let pageAllocators = Family(
    title: "Pages and folios",
    names: pageNames()
  )

  private static func pageNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    func each(_ list: String, _ builtin: @escaping KernelBuiltin) {
      for name in list.split(separator: " ") { names[String(name)] = builtin }
    }
    each("alloc_pages alloc_pages_noprof __alloc_pages alloc_frozen_pages_noprof") { call in
      try pages(call, order: call[1], flags: call[0])
    }
    each("__alloc_pages_noprof") { call in
      try pages(call, order: call[1], flags: call[0])
    }
    each("alloc_pages_node alloc_pages_node_noprof __alloc_pages_node_noprof") { call in
      try pages(call, order: call[2], flags: call[1])
    }
    each("folio_alloc folio_alloc_noprof __folio_alloc_noprof") { call in
      try pages(call, order: call[1], flags: call[0])
    }
    each("__get_free_pages get_free_pages get_free_pages_noprof") { call in
      let page = try pages(call, order: call[1], flags: call[0])
      return page == 0 ? 0 : call.interpreter.memory.frame(ofPageStruct: page)
    }
    each("get_zeroed_page get_zeroed_page_noprof") { call in
      let page = try pages(call, order: 0, flags: gfpZero)
      return page == 0 ? 0 : call.interpreter.memory.frame(ofPageStruct: page)
    }
    each("alloc_pages_exact alloc_pages_exact_noprof") { call in
      try allocate(call, call[0], isZeroed: call[1] & gfpZero != 0, isManaged: false, .pages)
    }
    each("__free_pages __free_page") { call in
      try put(call, page: call[0])
    }
    each("put_page folio_put __folio_put put_devmap_managed_folio_refs unpin_user_page") { call in
      try put(call, page: call[0])
    }
    each("free_pages free_pages_exact") { call in
      call[0] == 0
        ? 0 : try put(call, page: call.interpreter.memory.pageStruct(of: call[0]))
    }
    each("get_page folio_get") { call in
      if let owner = call.interpreter.memory.owner(ofPageStruct: call[0]) {
        call.interpreter.memory.objects[owner].references += 1
      }
      return 0
    }
    each("alloc_pages_bulk_noprof __alloc_pages_bulk") { call in
      // Until 6.13 there was a list argument before the array.
      try bulk(call, count: call[3], array: call.arguments.count > 5 ? call[5] : call[4])
    }
    // A file that calls the macro of another release.
    each("alloc_pages_bulk alloc_pages_bulk_array") { call in
      try bulk(call, count: call[1], array: call[2])
    }
    each("kmap kmap_local_page kmap_atomic page_address lowmem_page_address kmap_local_folio") {
      call in
      call[0] == 0 ? 0 : call.interpreter.memory.frame(ofPageStruct: call[0])
    }
    each("kunmap kunmap_local kunmap_local_indexed kunmap_atomic", nothing)
    each("__phys_addr __phys_addr_nodebug virt_to_phys __phys_addr_symbol slow_virt_to_phys") {
      call in call.interpreter.memory.physical(call[0])
    }
    each("phys_to_virt") { call in
      call.interpreter.memory.virtual(physical: call[0])
    }
    each("page_to_phys folio_to_phys") { call in
      call.interpreter.memory.physical(call.interpreter.memory.frame(ofPageStruct: call[0]))
    }
    each("page_to_pfn folio_pfn") { call in
      let memory = call.interpreter.memory
      return memory.physical(memory.frame(ofPageStruct: call[0])) >> Memory.pageShift
    }
    each("pfn_to_page pfn_folio") { call in
      let memory = call.interpreter.memory
      return memory.pageStruct(of: memory.virtual(physical: call[0] << Memory.pageShift))
    }
    each("phys_to_page") { call in
      call.interpreter.memory.pageStruct(of: call.interpreter.memory.virtual(physical: call[0]))
    }
    each("vmalloc_to_page virt_to_head_page virt_to_page virt_to_folio") { call in
      call.interpreter.memory.pageStruct(of: call[0])
    }
    each("pfn_valid", one)
    each("object_is_on_stack") { call in
      let index = call.interpreter.memory.locate(call[0])?.object
      return index.map { call.interpreter.memory.objects[$0].kind == .stack } == true ? 1 : 0
    }
    each("numa_mem_id numa_node_id dev_to_node page_to_nid cpu_to_node", nothing)
    return names
  }

  private static func pages(
    _ call: OutsideCall,
    order: UInt64,
    flags: UInt64
  ) throws(ExecutionStop) -> UInt64 {
    guard order < 11 else { return 0 }
    let address = try allocate(
      call,
      4096 << order,
      isZeroed: flags & gfpZero != 0,
      isManaged: false,
      .pages
    )
    return address == 0 ? 0 : call.interpreter.memory.pageStruct(of: address)
  }

  static func put(_ call: OutsideCall, page: UInt64) throws(ExecutionStop) -> UInt64 {
    let interpreter = call.interpreter
    guard let owner = interpreter.memory.owner(ofPageStruct: page) else {
      throw interpreter.invalidAddress(page, "put as a page")
    }
    let object = interpreter.memory.objects[owner]
    guard object.isLive else {
      throw interpreter.fault(.doubleFree, "\(object.name) is freed twice", owner, page)
    }
    interpreter.memory.objects[owner].references -= 1
    if object.references <= 1 { interpreter.memory.free(owner, at: call.site) }
    return 0
  }

  /// In ``Interpreter/counters``, when memory has run out for good.
  private static let exhausted = "there are no more pages"

  /// Fills the empty entries of the array; may stop after any number of pages, and then there may
  /// be more the next time, or none.
  private static func bulk(
    _ call: OutsideCall,
    count: UInt64,
    array: UInt64
  ) throws(ExecutionStop) -> UInt64 {
    let interpreter = call.interpreter
    let wanted = Int(clamping: count & 0xffff_ffff)
    guard array != 0, wanted > 0 else { return 0 }
    // None comes before a part, so that it is the same answer whatever is wanted.
    guard interpreter.counters[exhausted] == nil else { return 0 }
    let parts = (1..<min(wanted, 4)).map { wanted - $0 }
    let counts = [wanted, 0] + parts + parts
    let answer = interpreter.host.choose(counts.count, call.callee.name, call.site)
    if answer >= 2 + parts.count { interpreter.counters[exhausted] = 1 }
    let given = counts[answer]
    for index in 0..<given {
      let place = array + UInt64(index * 8)
      guard try interpreter.load(place, 8) == 0 else { continue }
      let object = try interpreter.allocate(
        4096,
        .pages,
        "a page of \(call.callee.name)()",
        fill: Memory.undefined
      )
      let page = interpreter.memory.pageStruct(of: interpreter.memory.address(of: object))
      try interpreter.store(place, 8, page)
    }
    return UInt64(given)
  }
}
