// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

extension Operation {
  static let access: [String: Operation] = [
    "cpu_write": Operation(required: ["at"], optional: ["bytes", "fill", "count"]) {
      run,
      call throws(ScenarioError) in
      Returned(
        run.machine.cpuWrite(try run.number(call, "at"), try run.bytes(call))
      )
    },
    "cpu_read": Operation(required: ["at"], optional: ["bytes", "fill", "count", "arrives"]) {
      run,
      call throws(ScenarioError) in
      let expected = try run.bytes(call)
      let outcome = run.machine.cpuRead(try run.number(call, "at"), count: expected.count)
      try run.compare(outcome.value, expected, call)
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
    "device_read": Operation(
      required: ["device", "addr"],
      optional: ["bytes", "fill", "count", "arrives"]
    ) { run, call throws(ScenarioError) in
      let expected = try run.bytes(call)
      let outcome = run.machine.deviceRead(
        try run.device(call),
        try run.number(call, "addr"),
        count: expected.count
      )
      try run.compare(outcome.value, expected, call)
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
    "inject_fault": Operation(required: ["point"], optional: ["nth", "always", "min_size"]) {
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
      let condition: Fault.Condition
      if call.arguments["min_size"] != nil {
        condition = .size(atLeast: try run.number(call, "min_size"))
      } else if try run.number(call, "always", default: 0) != 0 {
        condition = .always
      } else {
        condition = .nth(Int(clamping: try run.number(call, "nth", default: 1)))
      }
      run.machine.inject(Fault(point, condition))
      return Returned(value: 0)
    },
    "clear_faults": Operation(required: []) { run, _ throws(ScenarioError) in
      run.machine.clearFaults()
      return Returned(value: 0)
    },
    "alloc_pages_bulk": Operation(required: ["from", "nr_pages"]) {
      run,
      call throws(ScenarioError) in
      let outcome = run.machine.allocPagesBulk(
        from: try run.number(call, "from"),
        count: try run.number(call, "nr_pages")
      )
      return Returned(
        value: outcome.value,
        isFailure: outcome.value == 0,
        violations: outcome.violations
      )
    },
  ]
}
