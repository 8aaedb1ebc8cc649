// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC

/// Addresses of devices that no IOMMU translates, as the implementation of the API asks for them.
extension DriverHost {
  func addressBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for name in ["phys_to_dma", "phys_to_dma_unencrypted", "dma_to_phys"] {
      // A bus that shifts addresses has a table for it, which ends where an input never does.
      names[name] = { call in call[1] }
    }
    names["dma_capable"] = { [unowned self] call in
      chooseInput("dma_capable()", [1, 0], call.site)
    }
    return names
  }
}
