// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Foundation
import Scenarios

/// Speed and memory of the engine: `make bench`.
///
/// Times are processor time of this process, so that a busy machine does not change them much.
@main
struct ModelBenchmark {
  static let memory: UInt64 = 0x1_0000_0000
  static let page: UInt64 = 4096
  private static let rounds: UInt64 = 2_000_000

  static func main() throws {
    print("link + sync + unlink of one page while others stay linked, contents off")
    let sizes: [UInt64] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
    let bytes = try bytesPerPage(sizes)
    var costs: [Double] = []
    for (pages, bytes) in zip(sizes, bytes) {
      costs.append(try measureLinks(livePages: pages, bytes: bytes))
    }
    if let slowest = costs.max(), let fastest = costs.min() {
      print("  slowest / fastest: \(decimal(slowest / fastest))")
    }
    print("allocation and release of IOVA space while others stay allocated")
    for count: UInt64 in [1_000, 10_000, 100_000, 1_000_000] {
      try measureAllocations(live: count)
    }
    try measureMatrix()
  }

  private static func quietMachine() throws -> Machine {
    var configuration = MachineConfiguration()
    configuration.tracksContents = false
    configuration.keepsTrace = false
    var machine = try Machine(configuration)
    try machine.addRegion(MemoryRegion(name: "ram", base: memory, size: 64 << 30))
    return machine
  }

  /// Resident memory for each page; small machines are measured by the thousand, since the kernel
  /// counts in pages, and none is released before the last, lest its memory be used again.
  private static func bytesPerPage(_ sizes: [UInt64]) throws -> [Double] {
    var machines = [try linkedMachine(1).machine]
    return try sizes.map { livePages in
      let copies = max(1, 1_000_000 / livePages)
      let before = residentBytes()
      for _ in 0..<copies { machines.append(try linkedMachine(livePages).machine) }
      return Double(residentBytes() - before) / Double(copies * livePages)
    }
  }

  private static func linkedMachine(
    _ livePages: UInt64
  ) throws -> (machine: Machine, device: Int, state: IOVAState) {
    var machine = try quietMachine()
    let device = try machine.addDevice(DeviceConfiguration(name: "dev"))
    var state = IOVAState()
    _ = machine.dmaIOVATryAlloc(device, &state, phys: 0, size: (livePages + 1) * page)
    for index in 0..<livePages {
      _ = machine.dmaIOVALink(
        device,
        &state,
        phys: memory + index * page,
        offset: index * page,
        size: page,
        direction: .toDevice
      )
    }
    return (machine, device, state)
  }

  /// - Returns: processor seconds for each triple.
  private static func measureLinks(livePages: UInt64, bytes: Double) throws -> Double {
    var (machine, device, state) = try linkedMachine(livePages)
    let offset = livePages * page
    let start = processorSeconds()
    for _ in 0..<rounds {
      _ = machine.dmaIOVALink(
        device,
        &state,
        phys: memory + offset,
        offset: offset,
        size: page,
        direction: .toDevice
      )
      _ = machine.dmaIOVASync(device, state, offset: offset, size: page)
      _ = machine.dmaIOVAUnlink(
        device,
        &state,
        offset: offset,
        size: page,
        direction: .toDevice
      )
    }
    let cost = (processorSeconds() - start) / Double(rounds)
    print(
      "  \(livePages) live pages: \(decimal(1e-6 / cost)) million triples a second, "
        + "\(decimal(bytes)) bytes a page"
    )
    return cost
  }

  private static func measureAllocations(live: UInt64) throws {
    var machine = try quietMachine()
    let device = try machine.addDevice(DeviceConfiguration(name: "dev"))
    for _ in 0..<live {
      var state = IOVAState()
      _ = machine.dmaIOVATryAlloc(device, &state, phys: 0, size: page)
    }
    let count = 100_000
    let start = processorSeconds()
    for _ in 0..<count {
      var state = IOVAState()
      _ = machine.dmaIOVATryAlloc(device, &state, phys: 0, size: page)
      _ = machine.dmaIOVAFree(device, &state)
    }
    let cost = (processorSeconds() - start) / Double(count)
    print("  \(live) live ranges: \(decimal(cost * 1e6)) microseconds a pair")
  }

  private static func measureMatrix() throws {
    let start = processorSeconds()
    let scenarios = try ScenarioLibrary.all()
    var runs = 0
    for scenario in scenarios {
      for variant in scenario.isPortable ? MachineVariant.matrix : [.own] {
        _ = try ScenarioExecution(running: scenario, on: variant)
        runs += 1
      }
    }
    print("all \(scenarios.count) scenarios on the matrix")
    print("  \(runs) runs: \(decimal(processorSeconds() - start)) seconds")
  }

  private static func decimal(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(2)).locale(Locale(identifier: "en_US")))
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
