// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

extension Operation {
  static let peers: [String: Operation] = [
    "pci_p2pdma_state": Operation(required: ["device", "p2p_state", "page"]) {
      run,
      call throws(ScenarioError) in
      var state = try run.p2pState(call)
      let outcome = run.machine.pciP2PDMAState(
        try run.device(call),
        &state,
        page: try run.number(call, "page")
      )
      run.setP2PState(try run.name(call, "p2p_state"), state)
      return Returned(
        value: UInt64(outcome.value.rawValue),
        isFailure: outcome.value == .notSupported,
        violations: outcome.violations
      )
    },
    "pci_p2pdma_bus_addr_map": Operation(required: ["device", "p2p_state", "phys"]) {
      run,
      call throws(ScenarioError) in
      let outcome = run.machine.pciP2PDMABusAddrMap(
        try run.device(call),
        try run.p2pState(call),
        try run.number(call, "phys")
      )
      return Returned(value: outcome.value, violations: outcome.violations)
    },
    "hmm_dma_map_alloc": Operation(
      required: ["device", "map", "nr_entries"],
      optional: ["dma_entry_size"]
    ) { run, call throws(ScenarioError) in
      let device = try run.device(call)
      let map = run.map(try run.name(call, "map"), device)
      return Returned(
        code: run.machine.hmmDMAMapAlloc(
          device,
          map,
          entries: try run.number(call, "nr_entries"),
          entrySize: try run.number(
            call,
            "dma_entry_size",
            default: run.machine.configuration.pageSize
          )
        )
      )
    },
    "hmm_dma_map_free": Operation(required: ["device", "map"]) {
      run,
      call throws(ScenarioError) in
      let device = try run.device(call)
      return Returned(
        run.machine.hmmDMAMapFree(device, run.map(try run.name(call, "map"), device))
      )
    },
    "hmm_range_fault": Operation(
      required: ["device", "map", "first", "phys"],
      optional: ["count", "write", "order", "notifier_seq"]
    ) { run, call throws(ScenarioError) in
      let device = try run.device(call)
      let phys = try run.number(call, "phys")
      let count = try run.number(call, "count", default: 1)
      guard count <= 1 << 20 else {
        throw run.fail(call.line, "count \(count) is more pages than a scenario may fault")
      }
      let writable = try run.number(call, "write", default: 1) != 0
      let order = try run.number(call, "order", default: 0)
      let page = run.machine.configuration.pageSize
      let pages = (0..<count).map {
        HMMPage(phys: phys &+ $0 * page, isWritable: writable, order: order)
      }
      return Returned(
        code: run.machine.hmmRangeFault(
          run.map(try run.name(call, "map"), device),
          first: Int(clamping: try run.number(call, "first")),
          pages: pages,
          sequence: call.arguments["notifier_seq"] == nil
            ? nil : try run.number(call, "notifier_seq")
        )
      )
    },
    "hmm_dma_map_pfn": Operation(
      required: ["device", "map", "index"],
      optional: ["p2p_state"]
    ) { run, call throws(ScenarioError) in
      let device = try run.device(call)
      var state = call.arguments["p2p_state"] == nil ? P2PMapState() : try run.p2pState(call)
      let outcome = run.machine.hmmDMAMapPFN(
        device,
        run.map(try run.name(call, "map"), device),
        Int(clamping: try run.number(call, "index")),
        &state
      )
      if call.arguments["p2p_state"] != nil {
        run.setP2PState(try run.name(call, "p2p_state"), state)
      }
      return Returned(address: outcome)
    },
    "hmm_dma_unmap_pfn": Operation(required: ["device", "map", "index"]) {
      run,
      call throws(ScenarioError) in
      let device = try run.device(call)
      return Returned(
        flag: run.machine.hmmDMAUnmapPFN(
          device,
          run.map(try run.name(call, "map"), device),
          Int(clamping: try run.number(call, "index"))
        )
      )
    },
    "mmu_interval_read_begin": Operation(required: ["device", "map"]) {
      run,
      call throws(ScenarioError) in
      let outcome = run.machine.mmuIntervalReadBegin(
        run.map(try run.name(call, "map"), try run.device(call))
      )
      return Returned(value: outcome.value, violations: outcome.violations)
    },
    "mmu_interval_invalidate": Operation(
      required: ["device", "map", "first"],
      optional: ["count"]
    ) { run, call throws(ScenarioError) in
      Returned(
        run.machine.mmuIntervalInvalidate(
          run.map(try run.name(call, "map"), try run.device(call)),
          first: Int(clamping: try run.number(call, "first")),
          count: Int(clamping: try run.number(call, "count", default: 1))
        )
      )
    },
  ]
}
