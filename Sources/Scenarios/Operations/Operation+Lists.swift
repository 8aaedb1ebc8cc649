// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

extension Operation {
  static let lists: [String: Operation] = [
    "sg_set_page": Operation(required: ["list", "page", "length"], optional: ["offset"]) {
      run,
      call throws(ScenarioError) in
      run.appendEntry(
        try run.name(call, "list"),
        ScatterlistEntry(
          page: try run.number(call, "page"),
          offset: try run.number(call, "offset", default: 0),
          length: try run.number(call, "length")
        )
      )
      return Returned(value: 0)
    },
    "dma_map_sg": Operation(required: ["device", "list", "direction"], optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      let name = try run.name(call, "list")
      var list = try run.list(call)
      let outcome = run.machine.dmaMapSG(
        try run.device(call),
        &list,
        direction: try run.direction(call),
        attributes: try run.attributes(call)
      )
      run.setList(name, list, segments: outcome.value)
      return Returned(
        value: UInt64(outcome.value),
        isFailure: outcome.value == 0,
        violations: outcome.violations
      )
    },
    "dma_map_sgtable": Operation(required: ["device", "list", "direction"], optional: ["attrs"]) {
      run,
      call throws(ScenarioError) in
      let name = try run.name(call, "list")
      var list = try run.list(call)
      var segments = 0
      let outcome = run.machine.dmaMapSGTable(
        try run.device(call),
        &list,
        segments: &segments,
        direction: try run.direction(call),
        attributes: try run.attributes(call)
      )
      run.setList(name, list, segments: segments)
      return Returned(code: outcome)
    },
    "dma_unmap_sg": Operation(
      required: ["device", "list", "direction"],
      optional: ["count", "attrs"]
    ) { run, call throws(ScenarioError) in
      let name = try run.name(call, "list")
      var list = try run.list(call)
      let count = try run.number(call, "count", default: UInt64(list.count))
      let outcome = run.machine.dmaUnmapSG(
        try run.device(call),
        &list,
        count: Int(clamping: count),
        direction: try run.direction(call),
        attributes: try run.attributes(call)
      )
      run.setList(name, list, segments: 0)
      return Returned(outcome)
    },
    "dma_sync_sg_for_cpu": Operation(
      required: ["device", "list", "direction"],
      optional: ["count"]
    ) { run, call throws(ScenarioError) in
      let list = try run.list(call)
      return Returned(
        run.machine.dmaSyncSGForCPU(
          try run.device(call),
          list,
          count: Int(clamping: try run.number(call, "count", default: UInt64(list.count))),
          direction: try run.direction(call)
        )
      )
    },
    "dma_sync_sg_for_device": Operation(
      required: ["device", "list", "direction"],
      optional: ["count"]
    ) { run, call throws(ScenarioError) in
      let list = try run.list(call)
      return Returned(
        run.machine.dmaSyncSGForDevice(
          try run.device(call),
          list,
          count: Int(clamping: try run.number(call, "count", default: UInt64(list.count))),
          direction: try run.direction(call)
        )
      )
    },
    "dma_unmap_sgtable": Operation(
      required: ["device", "list", "direction"],
      optional: ["attrs"]
    ) { run, call throws(ScenarioError) in
      let name = try run.name(call, "list")
      var list = try run.list(call)
      let outcome = run.machine.dmaUnmapSGTable(
        try run.device(call),
        &list,
        direction: try run.direction(call),
        attributes: try run.attributes(call)
      )
      run.setList(name, list, segments: 0)
      return Returned(outcome)
    },
    "dma_sync_sgtable_for_cpu": Operation(required: ["device", "list", "direction"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaSyncSGTableForCPU(
          try run.device(call),
          try run.list(call),
          direction: try run.direction(call)
        )
      )
    },
    "dma_sync_sgtable_for_device": Operation(required: ["device", "list", "direction"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.dmaSyncSGTableForDevice(
          try run.device(call),
          try run.list(call),
          direction: try run.direction(call)
        )
      )
    },
  ]
}
