// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

extension Operation {
  static let twoStep: [String: Operation] = [
    "dma_iova_try_alloc": Operation(required: ["device", "state", "size"], optional: ["phys"]) {
      run,
      call throws(ScenarioError) in
      var state = try run.state(call)
      let outcome = run.machine.dmaIOVATryAlloc(
        try run.device(call),
        &state,
        phys: try run.number(call, "phys", default: 0),
        size: try run.number(call, "size")
      )
      run.setState(try run.name(call, "state"), state)
      return Returned(flag: outcome)
    },
    "dma_iova_link": Operation(
      required: ["device", "state", "phys", "offset", "size", "direction"],
      optional: ["attrs"]
    ) { run, call throws(ScenarioError) in
      var state = try run.state(call)
      let outcome = run.machine.dmaIOVALink(
        try run.device(call),
        &state,
        phys: try run.number(call, "phys"),
        offset: try run.number(call, "offset"),
        size: try run.number(call, "size"),
        direction: try run.direction(call),
        attributes: try run.attributes(call)
      )
      run.setState(try run.name(call, "state"), state)
      return Returned(code: outcome)
    },
    "dma_iova_sync": Operation(required: ["device", "state", "offset", "size"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        code: run.machine.dmaIOVASync(
          try run.device(call),
          try run.state(call),
          offset: try run.number(call, "offset"),
          size: try run.number(call, "size")
        )
      )
    },
    "dma_iova_unlink": Operation(
      required: ["device", "state", "offset", "size", "direction"],
      optional: ["attrs"]
    ) { run, call throws(ScenarioError) in
      var state = try run.state(call)
      let outcome = run.machine.dmaIOVAUnlink(
        try run.device(call),
        &state,
        offset: try run.number(call, "offset"),
        size: try run.number(call, "size"),
        direction: try run.direction(call),
        attributes: try run.attributes(call)
      )
      run.setState(try run.name(call, "state"), state)
      return Returned(outcome)
    },
    "dma_iova_destroy": Operation(
      required: ["device", "state", "mapped_len", "direction"],
      optional: ["attrs"]
    ) { run, call throws(ScenarioError) in
      var state = try run.state(call)
      let outcome = run.machine.dmaIOVADestroy(
        try run.device(call),
        &state,
        mappedLength: try run.number(call, "mapped_len"),
        direction: try run.direction(call),
        attributes: try run.attributes(call)
      )
      run.setState(try run.name(call, "state"), state)
      return Returned(outcome)
    },
    "dma_iova_free": Operation(required: ["device", "state"]) { run, call throws(ScenarioError) in
      var state = try run.state(call)
      let outcome = run.machine.dmaIOVAFree(try run.device(call), &state)
      run.setState(try run.name(call, "state"), state)
      return Returned(outcome)
    },
  ]

  static let below: [String: Operation] = [
    "iommu_map": Operation(required: ["device", "iova", "phys", "size", "direction"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        code: run.machine.iommuMap(
          try run.device(call),
          iova: try run.number(call, "iova"),
          phys: try run.number(call, "phys"),
          size: try run.number(call, "size"),
          direction: try run.direction(call)
        )
      )
    },
    "iommu_map_nosync": Operation(required: ["device", "iova", "phys", "size", "direction"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        code: run.machine.iommuMapNosync(
          try run.device(call),
          iova: try run.number(call, "iova"),
          phys: try run.number(call, "phys"),
          size: try run.number(call, "size"),
          direction: try run.direction(call)
        )
      )
    },
    "iommu_sync_map": Operation(required: ["device", "iova", "size"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        code: run.machine.iommuSyncMap(
          try run.device(call),
          iova: try run.number(call, "iova"),
          size: try run.number(call, "size")
        )
      )
    },
    "iommu_unmap": Operation(required: ["device", "iova", "size"]) {
      run,
      call throws(ScenarioError) in
      let outcome = run.machine.iommuUnmap(
        try run.device(call),
        iova: try run.number(call, "iova"),
        size: try run.number(call, "size")
      )
      return Returned(value: outcome.value, violations: outcome.violations)
    },
    "iommu_iova_to_phys": Operation(required: ["device", "iova"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        value: run.machine.iommuIOVAToPhys(
          try run.device(call),
          try run.number(call, "iova")
        ) ?? 0
      )
    },
    "drain_flush_queue": Operation(required: ["device"]) { run, call throws(ScenarioError) in
      run.machine.drainFlushQueue(try run.device(call))
      return Returned(value: 0)
    },
  ]

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
      optional: ["count", "write", "order"]
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
          pages: pages
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
  ]

  static let access: [String: Operation] = [
    "cpu_write": Operation(required: ["at"], optional: ["bytes", "fill", "count"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.cpuWrite(try run.number(call, "at"), try run.bytes(call))
      )
    },
    "cpu_read": Operation(required: ["at"], optional: ["bytes", "fill", "count"]) {
      run,
      call throws(ScenarioError) in
      let expected = try run.bytes(call)
      let outcome = run.machine.cpuRead(try run.number(call, "at"), count: expected.count)
      run.compare(outcome.value, expected, call)
      return Returned(
        value: outcome.value.first.map(UInt64.init) ?? 0,
        violations: outcome.violations
      )
    },
    "device_write": Operation(required: ["device", "addr"], optional: ["bytes", "fill", "count"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.deviceWrite(
          try run.device(call),
          try run.number(call, "addr"),
          try run.bytes(call)
        )
      )
    },
    "device_read": Operation(required: ["device", "addr"], optional: ["bytes", "fill", "count"]) {
      run,
      call throws(ScenarioError) in
      let expected = try run.bytes(call)
      let outcome = run.machine.deviceRead(
        try run.device(call),
        try run.number(call, "addr"),
        count: expected.count
      )
      run.compare(outcome.value, expected, call)
      return Returned(
        value: outcome.value.first.map(UInt64.init) ?? 0,
        violations: outcome.violations
      )
    },
    "hand_to_device": Operation(required: ["device", "addr", "size"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.handToDevice(
          try run.device(call),
          try run.number(call, "addr"),
          size: try run.number(call, "size")
        )
      )
    },
    "report_ready": Operation(required: ["device", "state", "size"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.reportReady(
          try run.device(call),
          try run.state(call),
          length: try run.number(call, "size"),
          since: 0
        )
      )
    },
    "declare_long_lived": Operation(required: ["device", "addr"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.declareLongLived(try run.device(call), try run.number(call, "addr"))
      )
    },
    "bookkeeping": Operation(required: ["bytes_kept", "why"]) { run, call throws(ScenarioError) in
      run.addBookkeeping(try run.number(call, "bytes_kept"))
      return Returned(value: 0)
    },
    "inject_fault": Operation(required: ["point"], optional: ["nth"]) {
      run,
      call throws(ScenarioError) in
      let name = try run.name(call, "point")
      guard let point = FaultPoint(rawValue: name) else {
        throw run.fail(
          call.line,
          "no fault point is named '\(name)'; there are: "
            + FaultPoint.allCases.map(\.rawValue).joined(separator: ", ")
        )
      }
      let nth = Int(clamping: try run.number(call, "nth", default: 1))
      run.machine.inject(Fault(point, .nth(nth)))
      return Returned(value: 0)
    },
  ]
}
