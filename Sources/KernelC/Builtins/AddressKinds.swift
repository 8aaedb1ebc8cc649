// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let addressKinds = Family(title: "Kinds of addresses", names: addressKindNames())

  /// Whoever asks where a buffer lies may be given one of either kind.
  private static func addressKindNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    for name in ["is_vmalloc_addr", "is_vmalloc_or_module_addr"] {
      names[name] = { call in isVmalloc(call) ? 1 : 0 }
    }
    for name in ["virt_addr_valid", "__virt_addr_valid"] {
      names[name] = { call in
        call.interpreter.memory.locate(call[0]) != nil && !isVmalloc(call) ? 1 : 0
      }
    }
    return names
  }

  private static func isVmalloc(_ call: OutsideCall) -> Bool {
    let interpreter = call.interpreter
    guard let (index, _) = interpreter.memory.locate(call[0]) else { return false }
    let object = interpreter.memory.objects[index]
    // What a member leads to is the driver's own, which knows where it has it from.
    guard object.kind == .input, object.isVmalloc == nil, !object.name.contains(".") else {
      return object.liesInVmalloc
    }
    let isVmalloc = interpreter.host.input("buffer from vmalloc()", [0, 1], call.site) == 1
    interpreter.memory.objects[index].isVmalloc = isVmalloc
    return isVmalloc
  }
}
