// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Testing

/// A second, simple statement of what the engine must hold: who owns which IOVA, and what it leads
/// to. It shares no code with the engine.
private struct Auditor {
  struct Live {
    var state: IOVAState
    var first: UInt64
    var pages: UInt64
    var linked: UInt64
    /// Page of memory that each linked page leads to.
    var targets: [UInt64]
    var isRegular: Bool
  }

  var live: [Live] = []

  func overlaps(_ first: UInt64, _ pages: UInt64) -> Bool {
    live.contains { first < $0.first + $0.pages && $0.first < first + pages }
  }
}

/// Seeded random calls of a correct driver, checked against the auditor after each.
@Suite struct WorkloadTests {
  #if DEBUG
    private let operations = 10_000
  #else
    private let operations = 250_000
  #endif

  private struct Random {
    var state: UInt64
    mutating func below(_ bound: UInt64) -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return (z ^ (z >> 31)) % bound
    }
  }

  @Test(arguments: [(12, false), (14, false), (16, false), (12, true)] as [(UInt64, Bool)])
  func randomCallsAgreeWithTheAuditor(shift: UInt64, isLazy: Bool) throws {
    let seed: UInt64 = 0x2575 &+ shift
    var random = Random(state: seed)
    var bed = try TestBed(
      machine: {
        $0.tracksContents = false
        $0.keepsTrace = false
        $0.pageSize = 1 << shift
      },
      device: {
        $0.pageShifts = [shift]
        $0.invalidationIsLazy = isLazy
      }
    )
    let page: UInt64 = 1 << shift
    let memoryPages = TestBed.memoryBytes / page
    var auditor = Auditor()
    var mapsAndAllocations: UInt64 = 0
    for step in 0..<operations {
      let place: Comment = "seed \(seed), granule shift \(shift), step \(step)"
      var violations: [Violation] = []
      switch random.below(6) {
      case 0 where auditor.live.count < 24:
        let pages = 1 + random.below(12)
        var state = IOVAState()
        let made = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: pages * page)
        violations = made.violations
        try #require(made.value, place)
        try #require(!auditor.overlaps(state.address / page, pages), place)
        mapsAndAllocations += 1
        auditor.live.append(
          .init(
            state: state,
            first: state.address / page,
            pages: pages,
            linked: 0,
            targets: [],
            isRegular: false
          )
        )
      case 1 where auditor.live.count < 24:
        let target = random.below(memoryPages)
        let made = bed.machine.dmaMapPage(
          bed.device,
          page: TestBed.memory + target * page,
          offset: 0,
          size: page,
          direction: .toDevice
        )
        _ = bed.machine.dmaMappingError(bed.device, made.value)
        violations = made.violations
        try #require(!auditor.overlaps(made.value / page, 1), place)
        mapsAndAllocations += 1
        auditor.live.append(
          .init(
            state: IOVAState(address: made.value, rawSize: page),
            first: made.value / page,
            pages: 1,
            linked: 1,
            targets: [target],
            isRegular: true
          )
        )
      case 2, 3:
        guard !auditor.live.isEmpty else { continue }
        let index = Int(random.below(UInt64(auditor.live.count)))
        guard !auditor.live[index].isRegular,
          auditor.live[index].linked < auditor.live[index].pages
        else { continue }
        let target = random.below(memoryPages)
        let offset = auditor.live[index].linked * page
        let linked = bed.machine.dmaIOVALink(
          bed.device,
          &auditor.live[index].state,
          phys: TestBed.memory + target * page,
          offset: offset,
          size: page,
          direction: .toDevice
        )
        let synced = bed.machine.dmaIOVASync(
          bed.device,
          auditor.live[index].state,
          offset: offset,
          size: page
        )
        violations = linked.violations + synced.violations
        try #require(linked.value == 0 && synced.value == 0, place)
        auditor.live[index].linked += 1
        auditor.live[index].targets.append(target)
      case 4:
        guard !auditor.live.isEmpty else { continue }
        let index = Int(random.below(UInt64(auditor.live.count)))
        var gone = auditor.live.remove(at: index)
        if gone.isRegular {
          violations =
            bed.machine.dmaUnmapPage(
              bed.device,
              gone.state.address,
              size: page,
              direction: .toDevice
            ).violations
        } else {
          violations =
            bed.machine.dmaIOVADestroy(
              bed.device,
              &gone.state,
              mappedLength: gone.linked * page,
              direction: .toDevice
            ).violations
        }
        if gone.linked > 0 {
          let after = bed.machine.iommuIOVAToPhys(bed.device, gone.state.address)
          try #require(after == nil, place)
        }
      default:
        guard let some = auditor.live.first(where: { $0.linked > 0 }) else { continue }
        let position = random.below(some.linked)
        let phys = bed.machine.iommuIOVAToPhys(
          bed.device,
          (some.first + position) * page + 1
        )
        try #require(phys == TestBed.memory + some.targets[Int(position)] * page + 1, place)
      }
      try #require(violations.isEmpty, "\(violations.map(\.message)), \(place)")
      try #require(bed.machine.counters.iovaAllocations == mapsAndAllocations, place)
    }
    #expect(bed.machine.leaks().count == auditor.live.count)
    for var left in auditor.live {
      if left.isRegular {
        _ = bed.machine.dmaUnmapPage(
          bed.device,
          left.state.address,
          size: page,
          direction: .toDevice
        )
      } else {
        _ = bed.machine.dmaIOVADestroy(
          bed.device,
          &left.state,
          mappedLength: left.linked * page,
          direction: .toDevice
        )
      }
    }
    bed.machine.drainFlushQueue(bed.device)
    #expect(bed.machine.leaks().isEmpty)
    #expect(bed.machine.counters.iovaBytes == 0)
    #expect(bed.machine.counters.iovaFrees == bed.machine.counters.iovaAllocations)
  }
}
