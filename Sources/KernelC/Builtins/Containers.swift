// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let containers = Family(title: "XArrays", names: containerNames())

  /// An XArray is known by its address; what a caller put into it before is not known.
  private static func containerNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    names["xa_load"] = { call in call.interpreter.xarrays[call[0]]?[call[1]] ?? 0 }
    for name in ["xa_store", "__xa_store", "xa_store_irq", "xa_store_bh"] {
      names[name] = { call in
        let interpreter = call.interpreter
        // `xa_err()` takes it out of the entry: XA_ERROR(-ENOMEM).
        if interpreter.host.choose(2, name, call.site) == 1 {
          return UInt64(bitPattern: -12 * 4 + 2)
        }
        let old = interpreter.xarrays[call[0], default: [:]].updateValue(call[2], forKey: call[1])
        return old ?? 0
      }
    }
    for name in ["xa_erase", "__xa_erase", "xa_erase_irq", "xa_erase_bh"] {
      names[name] = { call in call.interpreter.xarrays[call[0]]?.removeValue(forKey: call[1]) ?? 0 }
    }
    names["xa_destroy"] = { call in
      call.interpreter.xarrays[call[0]] = nil
      return 0
    }
    return names
  }
}
