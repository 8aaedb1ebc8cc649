// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let memoryAndStrings = Family(
    title: "Memory, strings and user copies",
    names: memoryNames()
  )

  private static func memoryNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    func each(_ list: String, _ builtin: @escaping KernelBuiltin) {
      for name in list.split(separator: " ") { names[String(name)] = builtin }
    }
    each("memcpy memmove __memcpy __memmove __builtin_memcpy __builtin_memmove") { call in
      try call.interpreter.copy(to: call[0], from: call[1], Int(clamping: call[2]))
      return call[0]
    }
    each("memset __memset __builtin_memset") { call in
      let byte = UInt8(truncatingIfNeeded: call[1])
      try call.interpreter.fill(call[0], byte, Int(clamping: call[2]))
      return call[0]
    }
    each("memzero_explicit") { call in
      try call.interpreter.fill(call[0], 0, Int(clamping: call[1]))
      return 0
    }
    each("memcmp __builtin_memcmp") { call in
      let count = Int(clamping: call[2])
      let left = try call.interpreter.bytes(call[0], count)
      let right = try call.interpreter.bytes(call[1], count)
      return difference(left, right)
    }
    each("strlen __builtin_strlen __fortify_strlen __real_strlen") { call in
      UInt64(try call.interpreter.string(at: call[0]).count)
    }
    each("strnlen __builtin_strnlen __real_strnlen") { call in
      min(call[1], UInt64(try call.interpreter.string(at: call[0]).count))
    }
    each("strcmp __builtin_strcmp") { call in
      difference(
        try call.interpreter.string(at: call[0]) + [0],
        try call.interpreter.string(at: call[1]) + [0]
      )
    }
    each("strncmp __builtin_strncmp") { call in
      let count = Int(clamping: call[2])
      let left = try call.interpreter.string(at: call[0]) + [0]
      let right = try call.interpreter.string(at: call[1]) + [0]
      return difference(Array(left.prefix(count)), Array(right.prefix(count)))
    }
    each("strscpy sized_strscpy strscpy_pad __real_strscpy strlcpy") { call in
      let source = try call.interpreter.string(at: call[1])
      let size = Int(clamping: call[2])
      guard size > 0 else { return UInt64(bitPattern: -7) }
      try call.interpreter.write(call[0], Array(source.prefix(size - 1)) + [0])
      return source.count < size ? UInt64(source.count) : UInt64(bitPattern: -7)
    }
    // What is printed does not matter, only that there is a string.
    each("snprintf scnprintf vsnprintf vscnprintf") { call in
      if call[1] > 0 { try call.interpreter.write(call[0], [0]) }
      return 0
    }
    each("sprintf vsprintf") { call in
      try call.interpreter.write(call[0], [0])
      return 0
    }
    each("copy_from_user _copy_from_user __copy_from_user _inline_copy_from_user") { call in
      if call.interpreter.host.choose(2, call.callee.name, call.site) == 1 { return call[2] }
      let count = Int(clamping: call[2])
      guard count > 0 else { return 0 }
      let (index, offset) = try call.interpreter.check(call[0], count, isWrite: true)
      call.interpreter.open(index, offset..<(offset + count))
      call.interpreter.userObjects.insert(index)
      return 0
    }
    each("copy_to_user _copy_to_user __copy_to_user _inline_copy_to_user clear_user") { call in
      if call.interpreter.host.choose(2, call.callee.name, call.site) == 1 { return call[2] }
      if !call.callee.name.hasPrefix("clear") { call.interpreter.noteRead(call[1], call[2]) }
      return 0
    }
    return names
  }

  private static func difference(_ left: [UInt8], _ right: [UInt8]) -> UInt64 {
    for (a, b) in zip(left, right) where a != b {
      return UInt64(bitPattern: Int64(a) - Int64(b))
    }
    return UInt64(bitPattern: Int64(left.count - right.count))
  }
}
