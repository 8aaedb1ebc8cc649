// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Foundation

/// Speed and memory of the engine: `swift run -c release model-bench`.
@main
struct ModelBenchmark {
  static let memory: UInt64 = 0x1_0000_0000
  static let page: UInt64 = 4096

  static func main() throws {
    for pages: UInt64 in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
      try measure(livePages: pages)
    }
  }

  /// Links one page more, syncs and unlinks it, over and over, while `livePages` stay linked.
  private static func measure(livePages: UInt64) throws {
    var configuration = MachineConfiguration()
    configuration.tracksContents = false
    configuration.keepsTrace = false
    var machine = try Machine(configuration)
    try machine.addRegion(MemoryRegion(name: "ram", base: memory, size: 64 << 30))
    let device = try machine.addDevice(DeviceConfiguration(name: "dev"))
    let before = residentBytes()
    var state = IOVAState()
    let size = (livePages + 1) * page
    guard machine.dmaIOVATryAlloc(device, &state, phys: 0, size: size).value else { return }
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
    let perPage = Double(residentBytes() - before) / Double(livePages)
    let rounds: UInt64 = 1_000_000
    let offset = livePages * page
    let start = ContinuousClock.now
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
    let elapsed = ContinuousClock.now - start
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    let calls = Double(3 * rounds) / seconds / 1e6
    print(
      "\(livePages) live pages: \(calls.formatted(.number.precision(.fractionLength(2)))) million "
        + "calls a second, \(perPage.formatted(.number.precision(.fractionLength(1)))) bytes a page"
    )
  }

  private static func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * 4096
  }
}
