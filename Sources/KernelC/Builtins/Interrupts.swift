// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let interrupts = Family(
    title: "Interrupt vectors",
    names: vectorNames()
  )

  /// As many vectors as are given out at most, where the driver takes that many; fewer say nothing
  /// else.
  private static let mostVectors: UInt64 = 4

  /// Functions that give out between `least` and `most` vectors, which stand in these arguments.
  private static func vectorNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    for (name, least) in [
      ("pci_alloc_irq_vectors", 1), ("pci_alloc_irq_vectors_affinity", 1),
      ("pci_enable_msix_range", 2),
    ] {
      names[name] = { call in
        let most = call[least + 1] & 0xffff_ffff
        let interpreter = call.interpreter
        guard interpreter.host.choose(2, call.callee.name, call.site) == 0 else {
          return UInt64(bitPattern: -28)
        }
        return min(most, max(call[least] & 0xffff_ffff, mostVectors))
      }
    }
    return names
  }
}
