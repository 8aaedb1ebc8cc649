// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// A function that a step can call: its arguments by name, and what it does.
struct Operation: Sendable {
  var required: [String]
  var optional: [String] = []
  var run: @Sendable (inout ScenarioExecution, Scenario.Call) throws(ScenarioError) -> Returned

  /// What a call gave back, reduced to a number.
  struct Returned {
    var value: UInt64 = 0
    var isFailure = false
    var violations: [Violation]

    /// A function without result.
    init(_ outcome: Outcome<Void>) { violations = outcome.violations }

    /// An error number.
    init(code outcome: Outcome<Int32>) {
      value = UInt64(bitPattern: Int64(outcome.value))
      isFailure = outcome.value < 0
      violations = outcome.violations
    }

    /// A device address.
    init(address outcome: Outcome<UInt64>) {
      value = outcome.value
      isFailure = outcome.value == Machine.dmaMappingError
      violations = outcome.violations
    }

    init(flag outcome: Outcome<Bool>) {
      value = outcome.value ? 1 : 0
      violations = outcome.violations
    }

    init(value: UInt64, isFailure: Bool = false, violations: [Violation] = []) {
      self.value = value
      self.isFailure = isFailure
      self.violations = violations
    }
  }

  /// Arguments that are names, not numbers.
  static let nameArguments: Set<String> = [
    "device", "state", "list", "map", "p2p_state", "direction", "attrs", "point", "why", "gather",
  ]

  static let named: [String: Operation] = streaming.merging(twoStep) { first, _ in first }
    .merging(lists) { first, _ in first }
    .merging(below) { first, _ in first }
    .merging(peers) { first, _ in first }
    .merging(access) { first, _ in first }
}

extension Operation {
  private static let mapArguments = ["device", "phys", "size", "direction"]
  private static let unmapArguments = ["device", "addr", "size", "direction"]

  static let streaming: [String: Operation] = [
    "dma_map_page": Operation(
      required: ["device", "page", "size", "direction"],
      optional: ["offset", "attrs"]
    ) { run, call throws(ScenarioError) in
      Returned(
        address: run.machine.dmaMapPage(
          try run.device(call),
          page: try run.number(call, "page"),
          offset: try run.number(call, "offset", default: 0),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_map_single": Operation(required: mapArguments, optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        address: run.machine.dmaMapSingle(
          try run.device(call),
          try run.number(call, "phys"),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_map_phys": Operation(required: mapArguments, optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        address: run.machine.dmaMapPhys(
          try run.device(call),
          try run.number(call, "phys"),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_map_resource": Operation(required: mapArguments, optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        address: run.machine.dmaMapResource(
          try run.device(call),
          try run.number(call, "phys"),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_unmap_page": Operation(required: unmapArguments, optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaUnmapPage(
          try run.device(call),
          try run.number(call, "addr"),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_unmap_single": Operation(required: unmapArguments, optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaUnmapSingle(
          try run.device(call),
          try run.number(call, "addr"),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_unmap_phys": Operation(required: unmapArguments, optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaUnmapPhys(
          try run.device(call),
          try run.number(call, "addr"),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_unmap_resource": Operation(required: unmapArguments, optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaUnmapResource(
          try run.device(call),
          try run.number(call, "addr"),
          size: try run.number(call, "size"),
          direction: try run.direction(call),
          attributes: try run.attributes(call)
        )
      )
    },
    "dma_mapping_error": Operation(required: ["device", "addr"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        code: run.machine.dmaMappingError(try run.device(call), try run.number(call, "addr"))
      )
    },
    "dma_sync_single_for_cpu": Operation(required: unmapArguments) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaSyncSingleForCPU(
          try run.device(call),
          try run.number(call, "addr"),
          size: try run.number(call, "size"),
          direction: try run.direction(call)
        )
      )
    },
    "dma_sync_single_for_device": Operation(required: unmapArguments) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaSyncSingleForDevice(
          try run.device(call),
          try run.number(call, "addr"),
          size: try run.number(call, "size"),
          direction: try run.direction(call)
        )
      )
    },
    "dma_sync_single_range_for_cpu": Operation(required: unmapArguments + ["offset"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaSyncSingleRangeForCPU(
          try run.device(call),
          try run.number(call, "addr"),
          offset: try run.number(call, "offset"),
          size: try run.number(call, "size"),
          direction: try run.direction(call)
        )
      )
    },
    "dma_sync_single_range_for_device": Operation(required: unmapArguments + ["offset"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaSyncSingleRangeForDevice(
          try run.device(call),
          try run.number(call, "addr"),
          offset: try run.number(call, "offset"),
          size: try run.number(call, "size"),
          direction: try run.direction(call)
        )
      )
    },
    "dma_alloc_coherent": Operation(required: ["device", "phys", "size"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        address: run.machine.dmaAllocCoherent(
          try run.device(call),
          phys: try run.number(call, "phys"),
          size: try run.number(call, "size")
        )
      )
    },
    "dma_free_coherent": Operation(required: ["device", "phys", "addr", "size"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaFreeCoherent(
          try run.device(call),
          phys: try run.number(call, "phys"),
          try run.number(call, "addr"),
          size: try run.number(call, "size")
        )
      )
    },
    "dma_need_sync": Operation(required: ["device", "addr"]) { run, call throws(ScenarioError) in
      let needs = run.machine.dmaNeedSync(try run.device(call), try run.number(call, "addr"))
      return Returned(value: needs ? 1 : 0)
    },
    "dma_need_unmap": Operation(required: ["device"]) { run, call throws(ScenarioError) in
      Returned(value: run.machine.dmaNeedUnmap(try run.device(call)) ? 1 : 0)
    },
    "dma_get_merge_boundary": Operation(required: ["device"]) { run, call throws(ScenarioError) in
      Returned(value: run.machine.dmaGetMergeBoundary(try run.device(call)))
    },
    "dma_max_mapping_size": Operation(required: ["device"]) { run, call throws(ScenarioError) in
      Returned(value: run.machine.dmaMaxMappingSize(try run.device(call)))
    },
    "dma_addressing_limited": Operation(required: ["device"]) { run, call throws(ScenarioError) in
      Returned(value: run.machine.dmaAddressingLimited(try run.device(call)) ? 1 : 0)
    },
  ]
}
