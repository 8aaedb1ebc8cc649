// SPDX-License-Identifier: GPL-2.0-only

/// The headers that single architectures generate from lists of their own.
struct ArchitectureGenerated {
  let root: String
  let architecture: String

  func all() -> [String: String] {
    let base = "arch/\(architecture)/include/generated/asm"
    switch architecture {
    case "arm64":
      return [
        "\(base)/cpucap-defs.h": cpuCapabilities,
        "\(base)/kernel-hwcap.h": hardwareCapabilities,
        "\(base)/sysreg-defs.h": systemRegisters,
      ]
    case "arm": return ["\(base)/mach-types.h": machineTypes]
    case "x86":
      // Since Linux 6.15; arch/x86/tools/cpufeaturemasks.awk.
      return [
        "\(base)/cpufeaturemasks.h":
          "#define REQUIRED_MASK_BIT_SET(x) 0\n#define DISABLED_MASK_BIT_SET(x) 0\n"
      ]
    case "s390":
      return [
        "\(base)/facility-defs.h":
          "#define FACILITIES_ALS 0\n#define FACILITIES_KVM 0\n#define FACILITIES_KVM_CPUMODEL 0\n"
      ]
    default: return [:]
    }
  }

  private func lines(of path: String) -> [[Substring]] {
    guard let bytes = FileSystem.contents("\(root)/arch/\(architecture)/\(path)") else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .map { $0.split(whereSeparator: \.isWhitespace) }
      .filter { $0.first.map { !$0.hasPrefix("#") } ?? false }
  }

  /// arch/arm64/tools/gen-cpucaps.awk.
  private var cpuCapabilities: String {
    let names = lines(of: "tools/cpucaps").compactMap(\.first)
    let defined = names.enumerated().map { "#define ARM64_\($1) \($0)" }
    return (defined + ["#define ARM64_NCAPS \(names.count)"]).joined(separator: "\n") + "\n"
  }

  /// arch/arm64/tools/gen-kernel-hwcaps.sh, since Linux 7.1.
  private var hardwareCapabilities: String {
    guard let bytes = FileSystem.contents("\(root)/arch/arm64/include/uapi/asm/hwcap.h") else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self)
      .matches(of: /#define HWCAP(\d*)_([A-Z0-9_]+)/)
      .map { "#define KERNEL_HWCAP_\($0.2) __khwcap\($0.1)_feature(\($0.2))\n" }.joined()
  }

  /// arch/arm64/tools/gen-sysreg.awk.
  private var systemRegisters: String {
    var text = ""
    var register = ""
    var field = ""
    var reserved: [Substring: String] = [:]
    func define(_ name: String, _ value: String) { text += "#define \(name) \(value)\n" }
    for words in lines(of: "tools/sysreg") {
      let keyword = words[0]
      switch (keyword, words.count) {
      case ("Sysreg", 7...), ("SysregFields", 2...):
        register = String(words[1])
        reserved = [:]
        guard words.count >= 7 else { continue }
        let part = words[2...6].map(String.init)
        define(
          "REG_\(register)",
          "S\(part[0])_\(part[1])_C\(part[2])_C\(part[3])_\(part[4])"
        )
        define("SYS_\(register)", "sys_reg(\(part.joined(separator: ", ")))")
        for (name, value) in zip(["Op0", "Op1", "CRn", "CRm", "Op2"], part) {
          define("SYS_\(register)_\(name)", value)
        }
      case ("EndSysreg", _), ("EndSysregFields", _):
        for name in ["RES0", "RES1", "UNKN"] {
          define("\(register)_\(name)", "(UL(0)\(reserved[name[...]] ?? ""))")
        }
      case ("Res0", 2...), ("Res1", 2...), ("Unkn", 2...):
        let (high, low) = Self.bits(words[1])
        reserved[keyword.uppercased()[...], default: ""] += " | GENMASK_ULL(\(high), \(low))"
      case ("Field", 3...), ("Enum", 3...), ("SignedEnum", 3...), ("UnsignedEnum", 3...):
        let (high, low) = Self.bits(words[1])
        field = "\(register)_\(words[2])"
        define(field, "GENMASK(\(high), \(low))")
        define("\(field)_MASK", "GENMASK(\(high), \(low))")
        define("\(field)_SHIFT", String(low))
        define("\(field)_WIDTH", String(high - low + 1))
        if keyword == "SignedEnum" { define("\(field)_SIGNED", "true") }
        if keyword == "UnsignedEnum" { define("\(field)_SIGNED", "false") }
      case (_, 2...) where keyword.hasPrefix("0b"):
        define("\(field)_\(words[1])", "UL(\(keyword))")
      default: break
      }
    }
    return text
  }

  private static func bits(_ text: Substring) -> (high: Int, low: Int) {
    let parts = text.split(separator: ":").compactMap { Int($0) }
    return (parts.first ?? 0, parts.last ?? 0)
  }

  /// arch/arm/tools/gen-mach-types: several machines may share a kernel.
  private var machineTypes: String {
    var text = "extern unsigned int __machine_arch_type;\n"
    text += "#define machine_arch_type __machine_arch_type\n"
    for words in lines(of: "tools/mach-types") where words.count >= 3 {
      guard words.count >= 4 else {
        text += "#define machine_is_\(words[0])() (0)\n"
        continue
      }
      text += "#define MACH_TYPE_\(words[2]) \(words[3])\n"
      text += "#ifdef CONFIG_\(words[1])\n"
      text += "#define machine_is_\(words[0])() (machine_arch_type == MACH_TYPE_\(words[2]))\n"
      text += "#else\n#define machine_is_\(words[0])() (0)\n#endif\n"
    }
    return text
  }
}
