// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelAPI
internal import KernelC
internal import SourceFacts

/// HMM maps: every entry mapped, mapped again as a second fault does, and unmapped.
extension Lockstep {
  /// Offsets in `struct hmm_dma_map` (include/linux/hmm-dma.h, 6.16).
  private static let stateOffset: UInt64 = 0
  private static let listOffset: UInt64 = 16
  private static let mapBytes = 40

  /// Bits of an entry, as the file's `enum hmm_pfn_flags` has them.
  private struct Bits {
    var valid: UInt64
    var write: UInt64
    var mapped: UInt64
    var peer: UInt64
    var bus: UInt64

    init?(_ unit: CUnit) {
      func bit(_ name: String) -> UInt64? {
        unit.enumerations.lazy.flatMap(\.constants).first { $0.name == name }
          .map { UInt64(bitPattern: $0.value) }
      }
      guard let valid = bit("HMM_PFN_VALID"), let write = bit("HMM_PFN_WRITE"),
        let mapped = bit("HMM_PFN_DMA_MAPPED"), let peer = bit("HMM_PFN_P2PDMA"),
        let bus = bit("HMM_PFN_P2PDMA_BUS")
      else { return nil }
      self.valid = valid
      self.write = write
      self.mapped = mapped
      self.peer = peer
      self.bus = bus
    }
  }

  private struct Mirror {
    var map: UInt64
    var handle: Int
    var list: UInt64
    var bits: Bits
  }

  func play(_ use: Workload.Mirror) throws(ExecutionStop) {
    guard let allocate = api[.hmmMapAllocate], let free = api[.hmmMapFree],
      let map = api[.hmmMap], let unmap = api[.hmmUnmap]
    else {
      throw interpreter.stopped(
        .unsupported,
        "the file implements hmm_dma_map_alloc() without the other functions of HMM maps"
      )
    }
    guard let bits = Bits(unit) else {
      throw interpreter.stopped(.unsupported, "nothing says which bits an entry of an HMM map has")
    }
    let address = try interpreter.makeZeroed(bytes: Self.mapBytes, name: "the HMM map")
    let handle = contract.declareHMMMap(contractDevice)
    let count = UInt64(use.providers.count)
    let answer = try call(
      allocate,
      [.hmmMap: address, .count: count, .size: 4096],
      maps: true
    )
    if answer.struck, answer.errno != 0 { contract.inject(Fault(.hmmDMAMapAlloc)) }
    let wanted = promised(
      contract.hmmDMAMapAlloc(
        contractDevice,
        handle,
        entries: count,
        entrySize: 4096
      )
    )
    if (answer.errno == 0) != (wanted == 0) {
      problem(
        "implementation-differs",
        "it returns \(answer.errno) where the contract returns \(wanted)",
        refusal: wanted == 0
      )
      return
    }
    guard wanted == 0 else {
      checkLost("after it failed")
      return
    }
    let mirror = Mirror(
      map: address,
      handle: handle,
      list: try interpreter.load(address + Self.listOffset, 8),
      bits: bits
    )
    try fill(mirror, use)
    try mapAll(mirror, use, map)
    for index in use.providers.indices { try self.unmap(mirror, index, unmap) }
    _ = try call(free, [.hmmMap: address], maps: false)
    promised(contract.hmmDMAMapFree(contractDevice, handle))
    checkLost("after the map is freed")
  }

  /// What `hmm_range_fault()` would have put there.
  private func fill(_ mirror: Mirror, _ use: Workload.Mirror) throws(ExecutionStop) {
    for (index, provider) in use.providers.enumerated() {
      _ = try makeMemory(pages: 1, provider: provider)
      let frame = memory >> 12
      try interpreter.store(
        mirror.list + UInt64(index * 8),
        8,
        frame | mirror.bits.valid | mirror.bits.write
      )
      let flags = contract.hmmFlags
      _ = contract.setHMMPFN(mirror.handle, index, frame | flags.valid | flags.write)
    }
  }

  private func mapAll(
    _ mirror: Mirror,
    _ use: Workload.Mirror,
    _ map: ImplementedFunction
  ) throws(ExecutionStop) {
    let state = try interpreter.makeZeroed(bytes: 24, name: "the P2P state")
    var p2p = P2PMapState()
    var first: [UInt64] = []
    for round in 0..<2 {
      for index in use.providers.indices where round == 0 || first[index] != .max {
        let answer = try call(
          map,
          [.hmmMap: mirror.map, .index: UInt64(index), .peerState: state],
          maps: true
        )
        let fails = answer.struck && answer.value == Machine.dmaMappingError
        if fails { contract.inject(Fault(.hmmDMAMapPFN)) }
        if answer.value == Machine.dmaMappingError {
          let range = try interpreter.load(mirror.map + Self.stateOffset, 8)
          host.machine.forgetFailure(host.device, ofRangeAt: range)
        }
        let wanted = promised(contract.hmmDMAMapPFN(contractDevice, mirror.handle, index, &p2p))
        contract.clearFaults()
        try compare(mirror, index, answer.value, wanted)
        if round == 0 {
          first.append(answer.value)
        } else if first[index] != answer.value, !fails {
          // Where nothing is ever unmapped, a mapping is made anew, and may be made to fail.
          problem("implementation-differs", "entry \(index) gets another address the second time")
        }
      }
    }
  }

  private func compare(
    _ mirror: Mirror,
    _ index: Int,
    _ own: UInt64,
    _ other: UInt64
  ) throws(ExecutionStop) {
    guard problems.isEmpty else { return }
    if (own == Machine.dmaMappingError) != (other == Machine.dmaMappingError) {
      problem(
        "implementation-differs",
        "entry \(index) is \(own == Machine.dmaMappingError ? "refused" : "mapped"), which the "
          + "contract does not do",
        refusal: own == Machine.dmaMappingError
      )
      return
    }
    if own != Machine.dmaMappingError,
      let text = difference(own, other, size: 4096, comparesSync: true)
    {
      problem("implementation-differs", "of entry \(index), \(text)")
    }
    try compareFlags(mirror, index)
  }

  private func compareFlags(_ mirror: Mirror, _ index: Int) throws(ExecutionStop) {
    let entry = try interpreter.load(mirror.list + UInt64(index * 8), 8)
    guard let wanted = contract.hmmPFN(mirror.handle, index) else { return }
    let flags = contract.hmmFlags
    let pairs = [
      ("HMM_PFN_DMA_MAPPED", mirror.bits.mapped, flags.dmaMapped),
      ("HMM_PFN_P2PDMA", mirror.bits.peer, flags.p2pdma),
      ("HMM_PFN_P2PDMA_BUS", mirror.bits.bus, flags.p2pdmaBus),
    ]
    for (name, own, other) in pairs where (entry & own != 0) != (wanted & other != 0) {
      problem(
        "implementation-differs",
        "entry \(index) is left \(entry & own != 0 ? "with" : "without") \(name)"
      )
    }
  }

  private func unmap(
    _ mirror: Mirror,
    _ index: Int,
    _ unmap: ImplementedFunction
  ) throws(ExecutionStop) {
    for _ in 0..<2 {
      let answer = try call(
        unmap,
        [.hmmMap: mirror.map, .index: UInt64(index)],
        maps: false
      )
      let wanted = promised(contract.hmmDMAUnmapPFN(contractDevice, mirror.handle, index))
      guard problems.isEmpty else { return }
      if (answer.value & 1 != 0) != wanted {
        problem("implementation-differs", "it returns \(!wanted) for entry \(index)")
      }
      try compareFlags(mirror, index)
    }
  }

  private func checkLost(_ when: String) {
    guard problems.isEmpty else { return }
    if let leak = host.machine.leaks(host.device).first {
      problem(
        leak.id.rawValue,
        "\(leak.message) \(when)",
        at: leak.conflictingCall.flatMap { host.callSites[$0] }
      )
    }
    if let lost = interpreter.lostObjects().first {
      problem("c-memory-leak", "\(lost.name) is lost \(when)", at: lost.allocated)
    }
  }
}
