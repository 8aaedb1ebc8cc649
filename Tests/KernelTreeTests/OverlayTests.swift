// SPDX-License-Identifier: GPL-2.0-only
import ClangFrontend
import Foundation
import KernelAPI
import KernelTree
import Testing

/// The headers that stand in for generated ones.
struct OverlayTests {
  private func overlay(_ scratch: ScratchTree, _ architecture: String) throws -> [String: String] {
    let source = try CompileFlagsSource(tree: KernelTree(path: scratch.path))
    let overlay = try #require(source.overlay(for: architecture))
    #expect(!FileManager.default.fileExists(atPath: overlay.root))
    return overlay.files.reduce(into: [:]) { result, file in
      let path = String(file.key.dropFirst(overlay.root.count + 1))
      result[path] = String(decoding: file.value, as: UTF8.self)
    }
  }

  @Test func theTreesReleaseAndConfigurationAreInIt() throws {
    let scratch = try ScratchTree()
    try scratch.write(
      "Kconfig",
      "config B\n\tbool \"b\"\nconfig M\n\ttristate \"m\"\nconfig S\n\tstring\n\tdefault \"a\\\"b\"\n"
        + "config HZ\n\tint\n\tdefault 1000\n"
    )
    let files = try overlay(scratch, "x86")
    let autoconf = try #require(files["include/generated/autoconf.h"])
    #expect(autoconf.contains("#define CONFIG_B 1\n"))
    #expect(autoconf.contains("#define CONFIG_M_MODULE 1\n"))
    #expect(autoconf.contains("#define CONFIG_S \"a\\\"b\"\n"))
    #expect(files["include/generated/utsrelease.h"] == "#define UTS_RELEASE \"6.12.3-rc1\"\n")
    #expect(
      files["include/generated/uapi/linux/version.h"]?.contains("LINUX_VERSION_CODE 396291\n")
        == true
    )
    // At 1000 Hz a millisecond is a tick.
    #expect(files["include/generated/timeconst.h"]?.contains("HZ_TO_MSEC_NUM 1\n") == true)
  }

  @Test func wrappersFollowTheKbuildFiles() throws {
    let scratch = try ScratchTree()
    try scratch.write(
      "arch/arm64/include/asm/Kbuild",
      "generic-y += early.h\ngenerated-y += made.h\n"
    )
    try scratch.write("arch/arm64/include/asm/own.h", "")
    try scratch.write(
      "include/asm-generic/Kbuild",
      "mandatory-y += own.h\nmandatory-y += made.h \\\n  other.h\n"
    )
    let files = try overlay(scratch, "arm64")
    let base = "arch/arm64/include/generated/asm"
    #expect(files["\(base)/early.h"] == "#include <asm-generic/early.h>\n")
    #expect(files["\(base)/other.h"] == "#include <asm-generic/other.h>\n")
    #expect(files["\(base)/made.h"] == "")
    #expect(files["\(base)/own.h"] == nil)
  }

  @Test func systemRegistersComeFromTheirList() throws {
    let scratch = try ScratchTree()
    try scratch.write(
      "arch/arm64/tools/sysreg",
      "# c\nSysreg\tAB_EL1\t3\t0\t1\t2\t4\nRes0\t63:8\nUnsignedEnum\t7:4\tMODE\n\t0b0001\tON\n"
        + "EndEnum\nField\t3\tBIT\nRes1\t2:0\nEndSysreg\n"
    )
    try scratch.write("arch/arm64/tools/cpucaps", "# c\nALPHA\nBETA\n")
    let files = try overlay(scratch, "arm64")
    let text = try #require(files["arch/arm64/include/generated/asm/sysreg-defs.h"])
    for line in [
      "#define SYS_AB_EL1 sys_reg(3, 0, 1, 2, 4)", "#define AB_EL1_MODE_MASK GENMASK(7, 4)",
      "#define AB_EL1_MODE_SIGNED false", "#define AB_EL1_MODE_ON UL(0b0001)",
      "#define AB_EL1_BIT_SHIFT 3", "#define AB_EL1_RES0 (UL(0) | GENMASK_ULL(63, 8))",
    ] {
      #expect(text.contains(line + "\n"), "\(line)")
    }
    #expect(
      files["arch/arm64/include/generated/asm/cpucap-defs.h"]
        == "#define ARM64_ALPHA 0\n#define ARM64_BETA 1\n#define ARM64_NCAPS 2\n"
    )
  }

  @Test func namesOfLaterReleasesComeFromTheirSources() throws {
    let scratch = try ScratchTree()
    try scratch.write(
      "arch/arm64/include/uapi/asm/hwcap.h",
      "#define HWCAP_ONE (1 << 0)\n#define HWCAP2_TWO (1 << 1)\n"
    )
    try scratch.write("kernel/sched/rq-offsets.c", "\tDEFINE(RQ_pin, offsetof(struct rq, pin));\n")
    let files = try overlay(scratch, "arm64")
    #expect(
      files["arch/arm64/include/generated/asm/kernel-hwcap.h"]
        == "#define KERNEL_HWCAP_ONE __khwcap_feature(ONE)\n"
        + "#define KERNEL_HWCAP_TWO __khwcap2_feature(TWO)\n"
    )
    #expect(files["include/generated/rq-offsets.h"] == "#define RQ_pin 0\n")
  }
}

/// The overlay against what `make prepare` wrote, and against the compiler.
@Suite(.enabled(if: RealTree.isPresent, "no Linux 6.12 tree in ~/.cache/twostep/trees"))
struct RealTreeOverlayTests {
  @Test func itDefinesWhatTheBuildGenerates() throws {
    let source = try CompileFlagsSource(tree: KernelTree(path: RealTree.source))
    let overlay = try #require(source.overlay(for: "x86"))
    for header in [
      "include/generated/timeconst.h", "include/generated/uapi/linux/version.h",
      "include/generated/bounds.h", "include/generated/utsrelease.h",
      "arch/x86/include/generated/uapi/asm/unistd_64.h",
      "arch/x86/include/generated/uapi/asm/unistd_32.h",
      "arch/x86/include/generated/asm/unistd_32_ia32.h",
    ] {
      let made = try #require(overlay.files["\(overlay.root)/\(header)"])
      let real = try Data(contentsOf: URL(filePath: "\(RealTree.build)/\(header)"))
      #expect(definitions(made) == definitions(Array(real)), "\(header)")
    }
    for directory in ["arch/x86/include/generated/asm", "arch/x86/include/generated/uapi/asm"] {
      let real = try FileManager.default.contentsOfDirectory(
        atPath: "\(RealTree.build)/\(directory)"
      )
      for name in real where name.hasSuffix(".h") {
        #expect(
          overlay.files["\(overlay.root)/\(directory)/\(name)"] != nil,
          "\(directory)/\(name)"
        )
      }
    }
  }

  /// The macros of a header with their values; hexadecimal digits in one case.
  private func definitions(_ text: [UInt8]) -> [String: String] {
    var result: [String: String] = [:]
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 3, words[0] == "#define" else { continue }
      let value = words[2...].prefix { $0 != "/*" }.joined(separator: " ")
      result[String(words[1])] = value.lowercased()
    }
    return result
  }

  @Test(arguments: [
    ("drivers/net/ethernet/intel/e1000/e1000_main.c", "x86", true),
    ("drivers/net/ethernet/intel/e1000/e1000_main.c", "x86", false),
    ("drivers/ps3/ps3stor_lib.c", "powerpc", false),
    ("drivers/iommu/tegra-smmu.c", "arm64", true),
  ])
  func realDriversParse(path: String, architecture: String, isPrepared: Bool) throws {
    let tree = try KernelTree(
      path: RealTree.source,
      build: isPrepared ? RealTree.build : nil
    )
    let source = try CompileFlagsSource(tree: tree)
    let flags = try #require(source.flags(for: path))
    #expect(flags.architecture == architecture)
    let options = ParseOptions(
      arguments: flags.arguments,
      unsavedFiles: source.overlay(for: flags.architecture)?.files ?? [:]
    )
    let unit = try TranslationUnit(parsing: "\(tree.root)/\(path)", options: options)
    let errors = unit.diagnostics().filter { $0.severity >= .error }
    #expect(errors.isEmpty, "\(errors.prefix(3))")
  }
}
