// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

extension Operation {
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
    "iommu_map_sg": Operation(required: ["device", "iova", "list", "direction"]) {
      run,
      call throws(ScenarioError) in
      let outcome = run.machine.iommuMapSG(
        try run.device(call),
        iova: try run.number(call, "iova"),
        entries: try run.list(call).map { ($0.phys, $0.length) },
        direction: try run.direction(call)
      )
      return Returned(
        value: UInt64(bitPattern: outcome.value),
        isFailure: outcome.value < 0,
        violations: outcome.violations
      )
    },
    "iommu_unmap_fast": Operation(required: ["device", "iova", "size", "gather"]) {
      run,
      call throws(ScenarioError) in
      let name = try run.name(call, "gather")
      var gather = run.gather(name)
      let outcome = run.machine.iommuUnmapFast(
        try run.device(call),
        iova: try run.number(call, "iova"),
        size: try run.number(call, "size"),
        gather: &gather
      )
      run.setGather(name, gather)
      return Returned(value: outcome.value, violations: outcome.violations)
    },
    "iommu_iotlb_sync": Operation(required: ["device", "gather"]) {
      run,
      call throws(ScenarioError) in
      let name = try run.name(call, "gather")
      var gather = run.gather(name)
      let outcome = run.machine.iommuIOTLBSync(try run.device(call), gather: &gather)
      run.setGather(name, gather)
      return Returned(outcome)
    },
  ]
}
