// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

extension Scenario {
  /// The most bytes a scenario file may have.
  public static let largestFileBytes = YAMLDocument.largestBytes

  /// Reads the scenarios of a file, one a YAML document.
  ///
  /// - Parameter path: where the text comes from, for messages.
  public static func scenarios(
    parsing text: String,
    path: String
  ) throws(ScenarioError) -> [Scenario] {
    let document = try YAMLDocument(text, path: path)
    var result: [Scenario] = []
    for root in document.roots {
      var reader = ScenarioReader(path: path)
      result.append(try reader.scenario(root))
    }
    return result
  }
}

private struct ScenarioReader {
  let path: String
  private var providers: [String: Int] = [:]

  init(path: String) { self.path = path }

  mutating func scenario(_ root: YAMLValue) throws(ScenarioError) -> Scenario {
    let fields = try root.fields(
      "a scenario",
      allowed: [
        "name", "title", "shows", "group", "portable", "machine", "memory", "devices", "let",
        "steps", "expect",
      ]
    )
    func required(_ key: String) throws(ScenarioError) -> YAMLValue {
      guard let value = fields[key] else { throw root.fail("a scenario needs '\(key)'") }
      return value
    }
    let name = try required("name").text("name")
    guard !name.isEmpty, name.allSatisfy({ $0.isLowercase || $0.isNumber || $0 == "-" }) else {
      throw try required("name").fail("name must be lower case words joined by '-', not '\(name)'")
    }
    let devices = try required("devices")
    let memory = try required("memory")
    var result = Scenario(
      name: name,
      path: path,
      title: try required("title").text("title"),
      shows: [],
      group: nil,
      isPortable: false,
      machine: MachineConfiguration(),
      memory: [],
      devices: [],
      constants: [],
      steps: [],
      expectations: []
    )
    for value in try fields["shows"]?.list("shows") ?? [] {
      result.shows.append(try value.text("an entry of shows"))
    }
    result.group = try fields["group"]?.text("group")
    result.isPortable = try fields["portable"]?.flag("portable") ?? false
    if let machine = fields["machine"] { result.machine = try self.machine(machine) }
    for value in try memory.list("memory") { result.memory.append(try region(value)) }
    for value in try devices.list("devices") { result.devices.append(try device(value)) }
    guard !result.devices.isEmpty else { throw devices.fail("at least one device is needed") }
    for (key, value) in try fields["let"]?.mapping("let") ?? [] {
      result.constants.append((key, try value.expression("let \(key)"), value.line))
    }
    result.steps = try steps(try required("steps"), depth: 0)
    if let expect = fields["expect"] {
      if expect.isList {
        for value in try expect.list("expect") {
          result.expectations.append(try expectation(value))
        }
      } else {
        result.expectations = [try expectation(expect)]
      }
    }
    return result
  }

  private func machine(_ value: YAMLValue) throws(ScenarioError) -> MachineConfiguration {
    let fields = try value.fields(
      "machine",
      allowed: [
        "page_size", "behaviour", "swiotlb_slots", "dma_api_debug", "bounce_unaligned_kmalloc",
      ]
    )
    var result = MachineConfiguration()
    if let field = fields["page_size"] { result.pageSize = try field.number("page_size") }
    if let field = fields["behaviour"] {
      result.behaviour = try field.choice("behaviour", Behaviour.self)
    }
    if let field = fields["swiotlb_slots"] {
      result.bounceSlots = Int(clamping: try field.number("swiotlb_slots"))
    }
    if let field = fields["dma_api_debug"] {
      result.dmaAPIDebug = try field.flag("dma_api_debug")
    }
    if let field = fields["bounce_unaligned_kmalloc"] {
      result.bouncesUnalignedKmalloc = try field.flag("bounce_unaligned_kmalloc")
    }
    return result
  }

  private mutating func provider(_ name: String) -> Int {
    if let known = providers[name] { return known }
    providers[name] = providers.count + 1
    return providers.count
  }

  private enum MemoryKind: String, CaseIterable { case ram, highmem, p2p, mmio }

  private mutating func region(_ value: YAMLValue) throws(ScenarioError) -> Scenario.Memory {
    let fields = try value.fields(
      "a memory",
      allowed: ["name", "size", "at", "kind", "use", "provider", "bus_offset"]
    )
    guard let name = fields["name"], let size = fields["size"] else {
      throw value.fail("a memory needs 'name' and 'size'")
    }
    let kind = try fields["kind"]?.choice("kind", MemoryKind.self) ?? .ram
    let resolved: MemoryRegion.Kind
    switch kind {
    case .ram: resolved = .ram
    case .highmem: resolved = .highmem
    case .mmio: resolved = .mmio
    case .p2p:
      guard let provider = fields["provider"] else {
        throw value.fail("a memory of kind p2p needs 'provider'")
      }
      resolved = .p2p(
        provider: self.provider(try provider.text("provider")),
        busOffset: try fields["bus_offset"]?.number("bus_offset") ?? 0
      )
    }
    return Scenario.Memory(
      name: try name.text("name"),
      size: try size.expression("size"),
      base: try fields["at"]?.number("at"),
      kind: resolved,
      use: try fields["use"]?.choice("use", MemoryRegion.Use.self) ?? .general,
      line: value.line
    )
  }

  private mutating func device(_ value: YAMLValue) throws(ScenarioError) -> Scenario.Device {
    let fields = try value.fields(
      "a device",
      allowed: [
        "name", "translation", "coherent", "mask_bits", "bus_limit", "untrusted", "swiotlb",
        "granule", "page_shifts", "aperture_bits", "deferred_attach", "lazy", "p2p",
        "max_segment", "segment_boundary", "min_align_mask", "reserved",
      ]
    )
    guard let name = fields["name"] else { throw value.fail("a device needs 'name'") }
    var result = DeviceConfiguration(name: try name.text("name"))
    if let field = fields["translation"] {
      result.translation = try field.choice("translation", Translation.self)
    }
    if let field = fields["coherent"] { result.isCoherent = try field.flag("coherent") }
    if let field = fields["mask_bits"] {
      let bits = try field.number("mask_bits")
      guard bits > 0, bits <= 64 else { throw field.fail("mask_bits must be from 1 to 64") }
      result.dmaMask = UInt64.max >> (64 - bits)
    }
    if let field = fields["bus_limit"] { result.busLimit = try field.number("bus_limit") }
    if let field = fields["untrusted"] { result.isUntrusted = try field.flag("untrusted") }
    if let field = fields["swiotlb"] {
      result.swiotlb = try field.choice("swiotlb", SWIOTLBMode.self)
    }
    if let field = fields["granule"] {
      guard let shifts = DeviceConfiguration.pageShifts(granule: try field.number("granule"))
      else { throw field.fail("granule must be 4K, 16K or 64K") }
      result.pageShifts = shifts
    }
    if let field = fields["page_shifts"] {
      result.pageShifts = []
      for shift in try field.list("page_shifts") {
        result.pageShifts.append(try shift.number("a page shift"))
      }
    }
    if let field = fields["aperture_bits"] {
      result.apertureBits = Int(clamping: try field.number("aperture_bits"))
    }
    if let field = fields["deferred_attach"] {
      result.attachIsDeferred = try field.flag("deferred_attach")
    }
    if let field = fields["lazy"] { result.invalidationIsLazy = try field.flag("lazy") }
    for (provider, distance) in try fields["p2p"]?.mapping("p2p") ?? [] {
      result.p2pDistances[self.provider(provider)] = try distance.choice(
        "p2p \(provider)",
        P2PDistance.self
      )
    }
    if let field = fields["max_segment"] {
      result.maximumSegmentSize = try field.number("max_segment")
    }
    if let field = fields["segment_boundary"] {
      result.segmentBoundary = try field.number("segment_boundary")
    }
    if let field = fields["min_align_mask"] {
      result.minimumAlignMask = try field.number("min_align_mask")
    }
    for range in try fields["reserved"]?.list("reserved") ?? [] {
      let ends = try range.list("a reserved range")
      guard ends.count == 2 else { throw range.fail("a reserved range is [first, end]") }
      let first = try ends[0].number("first")
      let end = try ends[1].number("end")
      guard first < end else { throw range.fail("a reserved range must not be empty") }
      result.reservedIOVA.append(first..<end)
    }
    return Scenario.Device(configuration: result, line: value.line)
  }

  // MARK: - Steps

  private static let deepest = 8

  private func steps(_ value: YAMLValue, depth: Int) throws(ScenarioError) -> [Scenario.Step] {
    guard depth < Self.deepest else {
      throw value.fail("steps are nested more than \(Self.deepest) deep")
    }
    var result: [Scenario.Step] = []
    for entry in try value.list("steps") { result.append(try step(entry, depth: depth)) }
    return result
  }

  private func step(_ value: YAMLValue, depth: Int) throws(ScenarioError) -> Scenario.Step {
    let pairs = try value.mapping("a step")
    let keys = Set(pairs.map(\.key))
    if keys.contains("repeat") { return try loop(value, depth) }
    if keys.contains("if") { return try branch(value, depth) }
    if keys.contains("check") {
      let fields = try value.fields("a check", allowed: ["check", "because"])
      guard let check = fields["check"] else { throw value.fail("a check needs a condition") }
      let text = try check.text("check")
      return .check(
        try check.expression("check"),
        message: try fields["because"]?.text("because") ?? "\(text) does not hold",
        line: value.line
      )
    }
    if keys.contains("set") {
      let fields = try value.fields("set", allowed: ["set", "to"])
      guard let name = fields["set"], let new = fields["to"] else {
        throw value.fail("set needs a name and 'to'")
      }
      return .assign(
        name: try name.text("set"),
        value: try new.expression("to"),
        line: value.line
      )
    }
    return try call(value, pairs, depth)
  }

  private func loop(_ value: YAMLValue, _ depth: Int) throws(ScenarioError) -> Scenario.Step {
    let fields = try value.fields("repeat", allowed: ["repeat", "as", "steps"])
    guard let count = fields["repeat"], let body = fields["steps"] else {
      throw value.fail("repeat needs a count and 'steps'")
    }
    return .loop(
      variable: try fields["as"]?.text("as") ?? "i",
      count: try count.expression("repeat"),
      body: try steps(body, depth: depth + 1),
      line: value.line
    )
  }

  private func branch(_ value: YAMLValue, _ depth: Int) throws(ScenarioError) -> Scenario.Step {
    let fields = try value.fields("if", allowed: ["if", "then", "else"])
    guard let condition = fields["if"], let then = fields["then"] else {
      throw value.fail("if needs a condition and 'then'")
    }
    var otherwise: [Scenario.Step] = []
    if let field = fields["else"] { otherwise = try steps(field, depth: depth + 1) }
    return .branch(
      condition: try condition.expression("if"),
      then: try steps(then, depth: depth + 1),
      otherwise: otherwise,
      line: value.line
    )
  }

  private static let modifiers: Set<String> = ["as", "returns", "violates", "on_error"]

  private func call(
    _ value: YAMLValue,
    _ pairs: [(key: String, value: YAMLValue)],
    _ depth: Int
  ) throws(ScenarioError) -> Scenario.Step {
    let functions = pairs.filter { !Self.modifiers.contains($0.key) }
    guard functions.count == 1, let function = functions.first else {
      throw value.fail(
        "a step is one function, repeat, if, check or set; this has \(functions.count)"
      )
    }
    guard let operation = Operation.named[function.key] else {
      let near = NearestName.of(function.key, in: Operation.named.keys)
      throw function.value.fail(
        "no step is named '\(function.key)'; "
          + (near.isEmpty
            ? "expected a function that twostep model steps lists, or repeat, if, check or set"
            : "expected perhaps \(near.joined(separator: " or "))")
      )
    }
    let call = try arguments(function.key, function.value, operation)
    var result = Scenario.Call(
      function: function.key,
      arguments: call,
      result: nil,
      returns: nil,
      violates: [],
      onError: nil,
      line: value.line
    )
    for (key, field) in pairs where Self.modifiers.contains(key) {
      switch key {
      case "as": result.result = try field.text("as")
      case "returns": result.returns = try returns(field)
      case "violates":
        for entry in try field.list("violates") {
          result.violates.append(try entry.choice("an entry of violates", ViolationID.self))
        }
      default: result.onError = try steps(field, depth: depth + 1)
      }
    }
    return .call(result)
  }

  private func returns(_ value: YAMLValue) throws(ScenarioError) -> Scenario.Returns {
    switch try value.text("returns") {
    case "success": .success
    case "error": .failure
    default: .value(try value.expression("returns"))
    }
  }

  private func arguments(
    _ function: String,
    _ value: YAMLValue,
    _ operation: Operation
  ) throws(ScenarioError) -> [String: Scenario.Argument] {
    let fields = try value.fields(
      function,
      allowed: Set(operation.required).union(operation.optional)
    )
    for key in operation.required where fields[key] == nil {
      throw value.fail("\(function) needs '\(key)'")
    }
    var result: [String: Scenario.Argument] = [:]
    for (key, field) in fields {
      if Operation.nameArguments.contains(key) {
        result[key] = .name(try field.text(key))
      } else if key == "bytes" {
        var bytes: [UInt8] = []
        for entry in try field.list("bytes") {
          guard let byte = UInt8(exactly: try entry.number("a byte")) else {
            throw entry.fail("a byte must be from 0 to 255")
          }
          bytes.append(byte)
        }
        result[key] = .bytes(bytes)
      } else {
        result[key] = .expression(try field.expression(key))
      }
    }
    return result
  }

  private func expectation(_ value: YAMLValue) throws(ScenarioError) -> Scenario.Expectation {
    let fields = try value.fields("expect", allowed: ["when", "counters", "leaks"])
    var result = Scenario.Expectation(
      condition: try fields["when"]?.expression("when"),
      counters: [],
      leaks: nil,
      line: value.line
    )
    for (name, field) in try fields["counters"]?.mapping("counters") ?? [] {
      guard ScenarioCounters.names.contains(name) else {
        throw field.fail(
          "no counter is named '\(name)'; there are: "
            + ScenarioCounters.names.joined(separator: ", ")
        )
      }
      result.counters.append((name, try field.expression(name), field.line))
    }
    if let field = fields["leaks"] {
      var leaks: [String] = []
      for entry in try field.list("leaks") {
        leaks.append(try entry.choice("an entry of leaks", ViolationID.self).rawValue)
      }
      result.leaks = leaks
    }
    return result
  }
}
