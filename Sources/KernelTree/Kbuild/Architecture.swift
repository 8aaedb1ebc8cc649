// SPDX-License-Identifier: GPL-2.0-only

/// What clang must be told to compile for one of the kernel's architectures.
struct Architecture: Sendable {
  /// The directory under `arch/`.
  let name: String
  let target: String
  /// Definitions and options from `arch/*/Makefile` that headers depend on.
  let flags: [String]
  /// Include directories from `arch/*/Makefile`, relative to the tree's root.
  var includes: [String] = []
  /// The word size in bits and the byte order, for generated headers.
  var bits = 64
  /// The Kconfig symbols that name the architecture and its common variant.
  let symbols: [String]

  static let `default` = all[0]

  static func named(_ name: some StringProtocol) -> Architecture? {
    all.first { $0.name == name }
  }

  // In the order in which an architecture is chosen for a file that several could build.
  static let all: [Architecture] = [
    Architecture(
      name: "x86",
      target: "x86_64-linux-gnu",
      flags: ["-m64", "-mcmodel=kernel", "-DCC_USING_FENTRY"],
      symbols: ["X86", "X86_64", "64BIT"]
    ),
    Architecture(
      name: "arm64",
      target: "aarch64-linux-gnu",
      flags: ["-mgeneral-regs-only", "-DKASAN_SHADOW_SCALE_SHIFT=3"],
      symbols: ["ARM64", "64BIT"]
    ),
    Architecture(
      name: "arm",
      target: "arm-linux-gnueabi",
      flags: ["-march=armv7-a", "-marm", "-msoft-float", "-D__LINUX_ARM_ARCH__=7"],
      bits: 32,
      symbols: ["ARM", "CPU_V7", "CPU_32v7", "ARCH_MULTI_V7", "MMU"]
    ),
    Architecture(
      name: "powerpc",
      target: "powerpc64-linux-gnu",
      flags: ["-m64", "-msoft-float", "-mabi=elfv2"],
      includes: ["arch/powerpc"],
      symbols: ["PPC", "PPC64", "64BIT", "PPC_BOOK3S_64", "PPC_BOOK3S"]
    ),
    Architecture(
      name: "mips",
      target: "mips64-linux-gnuabi64",
      flags: ["-mabi=64", "-msoft-float", "-DVMLINUX_LOAD_ADDRESS=0xffffffff80100000"],
      includes: ["arch/mips/include/asm/mach-generic"],
      symbols: [
        "MIPS", "64BIT", "CPU_MIPS64", "CPU_MIPS64_R2", "SYS_HAS_CPU_MIPS64_R2",
        "SYS_SUPPORTS_64BIT_KERNEL",
      ]
    ),
    Architecture(
      name: "s390",
      target: "s390x-linux-gnu",
      flags: ["-m64", "-march=z13"],
      symbols: ["S390", "64BIT"]
    ),
    Architecture(
      name: "sparc",
      target: "sparc64-linux-gnu",
      flags: ["-m64", "-mcpu=v9"],
      symbols: ["SPARC", "SPARC64", "64BIT"]
    ),
    Architecture(
      name: "riscv",
      target: "riscv64-linux-gnu",
      flags: ["-march=rv64imac", "-mabi=lp64"],
      symbols: ["RISCV", "64BIT"]
    ),
    Architecture(
      name: "loongarch",
      target: "loongarch64-linux-gnu",
      flags: ["-msoft-float"],
      symbols: ["LOONGARCH", "64BIT"]
    ),
    Architecture(
      name: "m68k",
      target: "m68k-linux-gnu",
      flags: ["-mcpu=68040"],
      bits: 32,
      symbols: ["M68K", "MMU"]
    ),
    // clang knows no such target; a 32-bit big-endian one reads the same C.
    Architecture(
      name: "parisc",
      target: "powerpc-linux-gnu",
      flags: ["-U__powerpc__", "-D__hppa__"],
      bits: 32,
      symbols: ["PARISC", "MMU"]
    ),
    Architecture(
      name: "sh",
      target: "arm-linux-gnueabi",
      flags: ["-U__arm__", "-D__sh__"],
      bits: 32,
      symbols: ["SUPERH", "SUPERH32", "MMU"]
    ),
    Architecture(
      name: "alpha",
      target: "x86_64-linux-gnu",
      flags: ["-U__x86_64__", "-D__alpha__"],
      symbols: ["ALPHA", "64BIT"]
    ),
    Architecture(
      name: "arc",
      target: "arm-linux-gnueabi",
      flags: ["-U__arm__", "-D__arc__"],
      bits: 32,
      symbols: ["ARC", "MMU"]
    ),
    Architecture(
      name: "xtensa",
      target: "arm-linux-gnueabi",
      flags: ["-U__arm__", "-D__xtensa__", "-D__XTENSA__"],
      bits: 32,
      symbols: ["XTENSA", "MMU"]
    ),
    Architecture(
      name: "microblaze",
      target: "arm-linux-gnueabi",
      flags: ["-U__arm__", "-D__MICROBLAZE__"],
      bits: 32,
      symbols: ["MICROBLAZE", "MMU"]
    ),
    Architecture(
      name: "nios2",
      target: "arm-linux-gnueabi",
      flags: ["-U__arm__", "-D__nios2__"],
      bits: 32,
      symbols: ["NIOS2", "MMU"]
    ),
    Architecture(
      name: "openrisc",
      target: "arm-linux-gnueabi",
      flags: ["-U__arm__", "-D__or1k__"],
      bits: 32,
      symbols: ["OPENRISC", "MMU"]
    ),
    Architecture(
      name: "csky",
      target: "csky-linux-gnu",
      flags: [],
      bits: 32,
      symbols: ["CSKY", "MMU"]
    ),
    Architecture(
      name: "hexagon",
      target: "hexagon-linux-musl",
      flags: [],
      bits: 32,
      symbols: ["HEXAGON", "MMU"]
    ),
    Architecture(name: "um", target: "x86_64-linux-gnu", flags: [], symbols: ["UML", "64BIT"]),
  ]
}
