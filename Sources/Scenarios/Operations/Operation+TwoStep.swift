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
    "dma_use_iova": Operation(required: ["state"]) { run, call throws(ScenarioError) in
      Returned(value: try run.state(call).usesIOVA ? 1 : 0)
    },
    "dma_iova_size": Operation(required: ["state"]) { run, call throws(ScenarioError) in
      Returned(value: try run.state(call).size)
    },
  ]
}
