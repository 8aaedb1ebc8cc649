// SPDX-License-Identifier: GPL-2.0-only

/// `enum pci_p2pdma_map_type` as patch 1 leaves it.
public enum P2PMapType: UInt32, Sendable, Hashable, CaseIterable {
  case unknown = 0
  case none = 1
  case notSupported = 2
  case busAddress = 3
  case throughHostBridge = 4

  public var kernelName: String {
    switch self {
    case .unknown: "PCI_P2PDMA_MAP_UNKNOWN"
    case .none: "PCI_P2PDMA_MAP_NONE"
    case .notSupported: "PCI_P2PDMA_MAP_NOT_SUPPORTED"
    case .busAddress: "PCI_P2PDMA_MAP_BUS_ADDR"
    case .throughHostBridge: "PCI_P2PDMA_MAP_THRU_HOST_BRIDGE"
    }
  }
}

/// `struct pci_p2pdma_map_state`: what is known of the provider looked up last.
public struct P2PMapState: Hashable, Sendable {
  /// Nil when no provider was looked up yet, as in a zeroed structure.
  public var provider: Int?
  public var map: P2PMapType = .unknown
  public var busOffset: UInt64 = 0
  public init() {}
}

extension Machine {
  /// `pci_p2pdma_state()`: how this device reaches a page.
  public mutating func pciP2PDMAState(
    _ device: Int,
    _ state: inout P2PMapState,
    page: UInt64
  ) -> Outcome<P2PMapType> {
    begin()
    let type = p2pState(device, &state, page: page)
    return finish(
      type,
      traced("pci_p2pdma_state(\(name(device)), \(hex(page))) = \(type.kernelName)")
    )
  }

  /// `pci_p2pdma_bus_addr_map()`: the bus address of physical memory of the provider in `state`.
  public mutating func pciP2PDMABusAddrMap(
    _ device: Int,
    _ state: P2PMapState,
    _ phys: UInt64
  ) -> Outcome<UInt64> {
    begin()
    if state.map != .busAddress {
      violate(
        state.map == .unknown ? .p2pStateUninitialised : .p2pTypeUnhandled,
        device,
        phys,
        0,
        state.map == .unknown
          ? "a bus address is asked for before pci_p2pdma_state() was called"
          : "a bus address is asked for although the state says \(state.map.kernelName)"
      )
    }
    let address = busAddress(state, phys)
    return finish(
      address,
      traced("pci_p2pdma_bus_addr_map(\(name(device)), \(hex(phys))) = \(hex(address))")
    )
  }

  // MARK: - Inside the API

  mutating func p2pState(
    _ device: Int,
    _ state: inout P2PMapState,
    page: UInt64
  ) -> P2PMapType {
    guard case .p2p(let provider, let offset)? = memory.kind(at: page)
    else { return .none }
    let isKnown =
      defects.contains(.p2pKeepsOldProvider)
      ? state.provider != nil : state.provider == provider
    if !isKnown {
      counters.p2pLookups += 1
      state.provider = provider
      state.busOffset = offset
      switch distance(device, provider) {
      case .notSupported: state.map = .notSupported
      case .busAddress: state.map = .busAddress
      case .throughHostBridge: state.map = .throughHostBridge
      }
    }
    return state.map
  }

  func busAddress(_ state: P2PMapState, _ phys: UInt64) -> UInt64 {
    defects.contains(.p2pIgnoresBusOffset) ? phys : phys &+ state.busOffset
  }

  func distance(_ device: Int, _ provider: Int) -> P2PDistance {
    devices[device].configuration.p2pDistances[provider] ?? .notSupported
  }
}
