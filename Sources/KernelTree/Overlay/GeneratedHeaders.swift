// SPDX-License-Identifier: GPL-2.0-only

internal import KernelAPI

/// The headers of include/generated that every architecture has.
struct GeneratedHeaders {
  let tree: KernelTree
  let configuration: KernelConfiguration

  func all() -> [String: String] {
    let base = "include/generated"
    return [
      "\(base)/autoconf.h": autoconf,
      "\(base)/bounds.h": bounds,
      "\(base)/asm-offsets.h": "",
      "\(base)/rq-offsets.h": runQueueOffsets,
      "\(base)/compile.h": compile,
      "\(base)/package.h": "#define LINUX_PACKAGE_ID \"\"\n",
      "\(base)/utsrelease.h": "#define UTS_RELEASE \"\(tree.release)\"\n",
      "\(base)/utsversion.h": "#define UTS_VERSION \"#1\"\n",
      "\(base)/timeconst.h": timeconst,
      "\(base)/uapi/linux/version.h": version,
    ]
  }

  /// scripts/kconfig/confdata.c, conf_write_autoconf().
  private var autoconf: String {
    var lines: [String] = []
    for (symbol, value) in configuration.values.sorted(by: { $0.key < $1.key }) {
      switch value {
      case "y": lines.append("#define CONFIG_\(symbol) 1")
      case "m": lines.append("#define CONFIG_\(symbol)_MODULE 1")
      case let number where KconfigExpression.isNumber(number):
        lines.append("#define CONFIG_\(symbol) \(number)")
      default:
        let text = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        lines.append("#define CONFIG_\(symbol) \"\(text)\"")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// kernel/bounds.c. Field widths in page flags depend on these; with debugging locks a
  /// spinlock is large.
  private var bounds: String {
    let cpus = configuration["NR_CPUS"].flatMap { Int($0) } ?? 1
    let bits = cpus < 2 ? 0 : Int.bitWidth - (cpus - 1).leadingZeroBitCount
    let isDebug = configuration["DEBUG_SPINLOCK"] != nil
    let hasGenerations = configuration["LRU_GEN"] != nil
    let optional = ["ZONE_DMA", "ZONE_DMA32", "HIGHMEM", "ZONE_DEVICE"]
    let zones = 2 + optional.count { configuration[$0] != nil }
    return """
      #define NR_PAGEFLAGS 24
      #define MAX_NR_ZONES \(zones)
      #define NR_CPUS_BITS \(bits)
      #define SPINLOCK_SIZE \(isDebug ? 72 : 4)
      #define LRU_GEN_WIDTH \(hasGenerations ? 3 : 0)
      #define __LRU_REFS_WIDTH \(hasGenerations ? 2 : 0)

      """
  }

  /// kernel/sched/rq-offsets.c (since Linux 7.0): the names matter, what they say does not.
  private var runQueueOffsets: String {
    guard let bytes = FileSystem.contents("\(tree.root)/kernel/sched/rq-offsets.c") else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self)
      .matches(of: /DEFINE\((\w+),/).map { "#define \($0.1) 0\n" }.joined()
  }

  private var compile: String {
    """
    #define UTS_MACHINE "unknown"
    #define LINUX_COMPILE_BY "twostep"
    #define LINUX_COMPILE_HOST "localhost"
    #define LINUX_COMPILER "none"

    """
  }

  private var version: String {
    let release = tree.release
    let code = release.version << 16 + release.patchlevel << 8 + min(release.sublevel, 255)
    return """
      #define LINUX_VERSION_CODE \(code)
      #define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
      #define LINUX_VERSION_MAJOR \(release.version)
      #define LINUX_VERSION_PATCHLEVEL \(release.patchlevel)
      #define LINUX_VERSION_SUBLEVEL \(release.sublevel)

      """
  }

  /// The conversion factors of kernel/time/timeconst.bc.
  private var timeconst: String {
    let hz = max(2, configuration["HZ"].flatMap { Int($0) } ?? 250)
    var lines: [String] = []
    for (unit, perSecond) in [("MSEC", 1000), ("USEC", 1_000_000)] {
      for (name, from, to) in [
        ("HZ_TO_\(unit)", perSecond, hz), ("\(unit)_TO_HZ", hz, perSecond),
      ] {
        let factor = Self.reciprocal(from, to)
        lines += [
          "#define \(name)_MUL32 U64_C(0x\(String(factor.multiplier, radix: 16)))",
          "#define \(name)_ADJ32 U64_C(0x\(String(factor.adjustment, radix: 16)))",
          "#define \(name)_SHR32 \(factor.shift)",
        ]
      }
    }
    for (unit, perSecond) in [("MSEC", 1000), ("USEC", 1_000_000), ("NSEC", 1_000_000_000)] {
      let divisor = Self.greatestCommonDivisor(hz, perSecond)
      lines += [
        "#define HZ_TO_\(unit)_NUM \(perSecond / divisor)",
        "#define HZ_TO_\(unit)_DEN \(hz / divisor)",
        "#define \(unit)_TO_HZ_NUM \(hz / divisor)",
        "#define \(unit)_TO_HZ_DEN \(perSecond / divisor)",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// `x * from / to` as a multiplication by a 32-bit number, an addition and a shift.
  private static func reciprocal(
    _ from: Int,
    _ to: Int
  ) -> (multiplier: Int, adjustment: Int, shift: Int) {
    var shift = 0
    while ((1 << shift) * from + to - 1) / to < 1 << 31 { shift += 1 }
    let denominator = to / greatestCommonDivisor(from, to)
    return (
      ((1 << shift) * from + to - 1) / to,
      (1 << shift) * (denominator - 1) / denominator,
      shift
    )
  }

  private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    right == 0 ? left : greatestCommonDivisor(right, left % right)
  }
}
