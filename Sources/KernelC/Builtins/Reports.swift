// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let reports = Family(
    title: "Reports and dead ends",
    names: reportNames()
  )

  private static func reportNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [
      "dev_err_probe": { call in call[1] },
      "___ratelimit": nothing,
      "add_taint": nothing,
      "oops_in_progress": nothing,
    ]
    for name in ["__warn_printk", "warn_slowpath_fmt", "__warn"] {
      names[name] = { call in
        call.interpreter.host.warned()
        return 0
      }
    }
    names["__BUG_ON"] = { call in
      guard call[0] != 0 else { return 0 }
      throw call.interpreter.stop(.fault(.bug), "BUG_ON() holds")
    }
    for name in ["__builtin_unreachable", "__builtin_trap", "panic", "BUG"] {
      names[name] = { call in
        throw call.interpreter.stop(.fault(.bug), "\(call.callee.name)() is reached")
      }
    }
    return names
  }
}
