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
      "__warn_printk": nothing,
      "warn_slowpath_fmt": nothing,
      "__warn": nothing,
      "add_taint": nothing,
      "oops_in_progress": nothing,
    ]
    for name in ["__builtin_unreachable", "__builtin_trap", "panic", "BUG"] {
      names[name] = { call in
        throw call.interpreter.stop(.fault(.bug), "\(call.callee.name)() is reached")
      }
    }
    return names
  }
}
