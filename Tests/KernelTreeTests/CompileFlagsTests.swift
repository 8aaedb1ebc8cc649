// SPDX-License-Identifier: GPL-2.0-only
import Foundation
import KernelAPI
import KernelTree
import Testing

/// Flags as Kbuild would give them, on trees small enough to see through.
struct CompileFlagsTests {
  private func flags(_ scratch: ScratchTree, _ path: String) throws -> CompileFlags {
    let tree = try KernelTree(path: scratch.path)
    return try #require(try CompileFlagsSource(tree: tree).flags(for: path))
  }

  private func prepared() throws -> ScratchTree {
    let scratch = try ScratchTree()
    try scratch.write("include/generated/autoconf.h", "#define CONFIG_NET 1\n")
    try scratch.write(
      ".config",
      "CONFIG_NET=y\nCONFIG_FOO=m\nCONFIG_NAME=\"a b\"\n# CONFIG_BAR is not set\n"
    )
    try scratch.write("arch/x86/include/generated/asm/x.h", "")
    try scratch.write("include/linux/kconfig.h", "")
    return scratch
  }

  @Test func everyFileHasTheTreesIncludePath() throws {
    let scratch = try prepared()
    try scratch.write("drivers/a.c", "")
    let flags = try flags(scratch, "drivers/a.c")
    let root = scratch.path
    #expect(flags.origin == .kbuild)
    #expect(flags.architecture == "x86")
    #expect(
      flags.common.filter { $0.hasPrefix("-I") } == [
        "-I\(root)/arch/x86/include", "-I\(root)/arch/x86/include/generated",
        "-I\(root)/include", "-I\(root)/arch/x86/include/uapi",
        "-I\(root)/arch/x86/include/generated/uapi", "-I\(root)/include/uapi",
        "-I\(root)/include/generated/uapi",
      ]
    )
    #expect(flags.common.contains("-D__KERNEL__"))
    let kconfig = try #require(flags.common.firstIndex(of: "\(root)/include/linux/kconfig.h"))
    #expect(flags.common[kconfig - 1] == "-include")
  }

  @Test(arguments: [
    ("CONFIG_CC_MS_EXTENSIONS=\"-fms-anonymous-structs\"\n", "", true),
    ("", "KBUILD_CFLAGS += -fms-extensions\n", true),
    ("", "", false),
  ])
  func structsWithoutANameAreReadWhereTheTreeHasThem(
    config: String,
    makefile: String,
    isRead: Bool
  ) throws {
    let scratch = try prepared()
    try scratch.write(".config", config)
    try scratch.write("Makefile", "VERSION = 6\nPATCHLEVEL = 12\n" + makefile)
    try scratch.write("drivers/a.c", "")
    #expect(try flags(scratch, "drivers/a.c").common.contains("-fms-extensions") == isRead)
  }

  @Test(
    arguments: [
      ("ccflags-y := -I$(src)/inc -DA=1 -Wall -fplugin=x", ["-I@/d/inc", "-DA=1"]),
      ("ccflags-y += -I $(srctree)/d2 \\\n  -DB", ["-I@/d2", "-DB"]),
      ("ccflags-$(CONFIG_NET) += -DN\nccflags-$(CONFIG_BAR) += -DX", ["-DN"]),
      ("ccflags-$(CONFIG_FOO) += -DX", []),
      ("ifdef CONFIG_FOO\nccflags-y += -DF\nelse\nccflags-y += -DG\nendif", ["-DF"]),
      ("ifeq ($(CONFIG_NET),y)\nccflags-y += -DF\nendif", ["-DF"]),
      (
        "ifneq ($(CONFIG_NET),y)\n\tccflags-y += -DF\nelse ifeq (\"$(CONFIG_FOO)\", \"m\")\n"
          + "\tccflags-y += -DM\nelse\n\tccflags-y += -DO\nendif", ["-DM"]
      ),
      (
        "inc = $(addprefix -I$(src)/,$(dirs))\ndirs := a b\nccflags-y = $(inc)",
        ["-I@/d/a", "-I@/d/b"]
      ),
      (
        "ccflags-y += $(foreach d,a b,-I$(srctree)/$(d)) $(call cc-option,-DC,-DD)",
        ["-I@/a", "-I@/b", "-DC"]
      ),
      ("ccflags-y += -DS='\"s t\"' -DE=\\\"e\\\"", ["-DS=\"s", "-DE=\"e\""]),
      (
        "ccflags-y += $(patsubst %.x,-D%,a.x b.x) $(sub:.h=)\nsub = -Dq.h",
        ["-Da", "-Db"]
      ),
      ("ccflags-y := -DA # not -DB\n# ccflags-y += -DC\\\nccflags-y += -DD", ["-DA"]),
      ("CFLAGS_a.o := -DOWN\nCFLAGS_b.o := -DOTHER", ["-DOWN"]),
      ("all: x\n\tccflags-y += -DX\n", []),
      (
        "define d\nccflags-y += -DX\nendef\nccflags-y += -include $(src)/p.h",
        ["-include", "@/d/p.h"]
      ),
      ("ccflags-y += -Irel -isystem /abs/./x/../y", ["-I@/rel", "-isystem", "/abs/y"]),
      ("include $(src)/more.mk", ["-DMORE"]),
      ("ccflags-y = $(ccflags-y) -DLOOP", ["-DLOOP"]),
      ("ccflags-y += $(shell touch /tmp/never) -DS", ["-DS"]),
    ] as [(String, [String])]
  )
  func aMakefileIsEvaluated(makefile: String, expected: [String]) throws {
    let scratch = try prepared()
    try scratch.write("d/a.c", "")
    try scratch.write("d/more.mk", "ccflags-y += -DMORE\n")
    try scratch.write("d/Makefile", makefile + "\n")
    let flags = try flags(scratch, "d/a.c").specific
    let own = try #require(flags.firstIndex(of: "-I\(scratch.path)/d"))
    #expect(Array(flags[..<own]) == expected.map { $0.replacing("@", with: scratch.path) })
  }

  @Test func flagsComeDownFromTheDirectoriesAbove() throws {
    let scratch = try prepared()
    try scratch.write("drivers/Makefile", "subdir-ccflags-y += -DTOP\nccflags-y += -DHERE\n")
    try scratch.write("drivers/x/Makefile", "subdir-ccflags-y := -I$(src)\nobj-m += y/\n")
    try scratch.write("drivers/x/y/a.c", "")
    let flags = try flags(scratch, "drivers/x/y/a.c").specific
    #expect(
      flags.prefix(3) == [
        "-DTOP", "-I\(scratch.path)/drivers/x", "-I\(scratch.path)/drivers/x/y",
      ]
    )
  }

  @Test func anObjectOfASubdirectoryIsBuiltAbove() throws {
    let scratch = try prepared()
    try scratch.write(
      "d/Makefile",
      "obj-$(CONFIG_FOO) += big-mod.o\nbig-mod-y := main.o\nbig-mod-$(CONFIG_NET) += en/rx.o\n"
        + "obj-y += solo.o\nccflags-y += -DTOP\n"
    )
    try scratch.write("d/en/rx.c", "")
    try scratch.write("d/solo.c", "")
    let part = try flags(scratch, "d/en/rx.c").specific
    #expect(part.contains("-DTOP"))
    #expect(part.contains("-I\(scratch.path)/d"))
    #expect(part.contains("-DMODULE"))
    #expect(part.contains("-DKBUILD_MODNAME=\"big_mod\""))
    #expect(part.contains("-DKBUILD_BASENAME=\"rx\""))
    #expect(part.contains("-DKBUILD_MODFILE=\"d/big-mod\""))
    let solo = try flags(scratch, "d/solo.c").specific
    #expect(!solo.contains("-DMODULE"))
    #expect(solo.contains("-DKBUILD_MODNAME=\"solo\""))
  }

  @Test func aBuildDirectoryIsSearchedBesideTheSource() throws {
    let scratch = try ScratchTree()
    let build = try ScratchTree(makefile: nil)
    try build.write("include/generated/autoconf.h", "")
    try build.write(".config", "CONFIG_FOO=y\n")
    try build.write("arch/arm64/include/generated/asm/x.h", "")
    try scratch.write("d/a.c", "")
    try scratch.write("d/Makefile", "ccflags-$(CONFIG_FOO) += -Id/inc\n")
    let tree = try KernelTree(path: scratch.path, build: build.path)
    let source = try CompileFlagsSource(tree: tree)
    let flags = try #require(source.flags(for: "d/a.c"))
    #expect(flags.architecture == "arm64")
    #expect(flags.origin == .kbuild)
    #expect(
      flags.specific.prefix(4) == [
        "-I\(scratch.path)/d/inc", "-I\(build.path)/d/inc", "-I\(scratch.path)/d",
        "-I\(build.path)/d",
      ]
    )
    #expect(flags.common.contains("-I\(build.path)/include"))
    #expect(source.overlay(for: "arm64") == nil)
    #expect(source.overlay(for: "x86") != nil)
  }

  @Test func compileCommandsComeFirst() throws {
    let scratch = try prepared()
    try scratch.write("d/a.c", "")
    try scratch.write(
      "compile_commands.json",
      """
      [{"directory": "\(scratch.path)", "file": "d/a.c",
        "command": "gcc -Wp,-MMD,x -nostdinc -I./inc -mno-sse -DA='\\"x\\"' -std=gnu11 -c -o d/a.o d/a.c"}]
      """
    )
    let flags = try flags(scratch, "d/a.c")
    #expect(flags.origin == .compileCommands)
    #expect(flags.common.isEmpty)
    #expect(
      flags.specific.prefix(4) == [
        "-nostdinc", "-I\(scratch.path)/inc", "-DA=\"x\"", "-std=gnu11",
      ]
    )
    try scratch.write("compile_commands.json", "[{")
    let error = #expect(throws: KernelTreeError.self) { try self.flags(scratch, "d/a.c") }
    #expect(error?.message.contains("make compile_commands.json") == true)
  }

  @Test(arguments: ["tools/a.c", "scripts/mod/b.c", "Documentation/c.c"])
  func whatTheBuildMachineRunsHasNoKernelFlags(path: String) throws {
    let scratch = try prepared()
    #expect(try CompileFlagsSource(tree: KernelTree(path: scratch.path)).flags(for: path) == nil)
  }

  @Test func aSymbolThatIsNotSetIsAssumedForItsFile() throws {
    let scratch = try prepared()
    try scratch.write("Kconfig", "source \"d/Kconfig\"\n")
    try scratch.write("Kbuild", "obj-$(CONFIG_SUB) += d/\n")
    try scratch.write(
      "d/Kconfig",
      "config BAR\n\ttristate \"b\"\n\tdepends on NET && BUS && ODD && (ONE || TWO)\n"
        + "config ODD\n\tdef_bool y\n\tdepends on !NET\n"
    )
    try scratch.write("d/Makefile", "obj-$(CONFIG_BAR) += bar.o\nbar-y := a.o\nobj-y += b.o\n")
    let bar = try flags(scratch, "d/a.c")
    #expect(bar.assumed == ["BAR", "BUS", "SUB"])
    #expect(bar.specific.suffix(3) == ["-DCONFIG_BAR=1", "-DCONFIG_BUS=1", "-DCONFIG_SUB=1"])
    #expect(try flags(scratch, "d/b.c").assumed == ["SUB"])
  }

  @Test func aSourceThatIsOnlyIncludedIsParsedThroughItsIncluder() throws {
    let scratch = try prepared()
    try scratch.write("d/Makefile", "obj-y += chip.o own.o\nccflags-y += -DX\n")
    try scratch.write("d/chip.c", "#include \"common.c\"\n")
    try scratch.write("d/own.c", "")
    try scratch.write("d/common.c", "")
    try scratch.write("d/orphan.c", "")
    let common = try flags(scratch, "d/common.c")
    #expect(common.includedBy == "d/chip.c")
    #expect(common.specific.contains("-DKBUILD_BASENAME=\"chip\""))
    #expect(try flags(scratch, "d/own.c").includedBy == nil)
    #expect(try flags(scratch, "d/orphan.c").includedBy == nil)
  }

  @Test func aFileGoesToTheArchitectureThatHasItsHeaders() throws {
    let scratch = try prepared()
    try scratch.write("arch/x86/include/asm/common.h", "")
    try scratch.write("arch/arm/include/asm/only.h", "")
    try scratch.write("arch/mips/include/asm/mach-board/board.h", "")
    try scratch.write("arch/powerpc/Kconfig", "config PPC_BOARD\n\tbool\n")
    try scratch.write("Kconfig", "source \"d/Kconfig\"\n")
    try scratch.write("d/Kconfig", "config POWER\n\ttristate \"p\"\n\tdepends on PPC_BOARD\n")
    try scratch.write("d/Makefile", "obj-$(CONFIG_POWER) += power.o\nobj-y += plain.o\n")
    try scratch.write("d/plain.c", "#include <asm/common.h>\n")
    try scratch.write("d/only.c", "#include \"local.h\"\n")
    try scratch.write("d/local.h", "#include <asm/only.h>\n")
    try scratch.write("d/maybe.c", "#ifdef CONFIG_ARM\n#include <asm/only.h>\n#endif\n")
    try scratch.write("d/board.c", "#include <board.h>\n")
    try scratch.write("d/power.c", "")
    try scratch.write("arch/sparc/kernel/s.c", "#include <asm/common.h>\n")
    let source = try CompileFlagsSource(tree: KernelTree(path: scratch.path))
    let wanted = [
      "d/plain.c": "x86", "d/only.c": "arm", "d/maybe.c": "x86", "d/board.c": "mips",
      "d/power.c": "powerpc", "arch/sparc/kernel/s.c": "sparc",
    ]
    for (path, architecture) in wanted {
      #expect(source.flags(for: path)?.architecture == architecture, "\(path)")
    }
    #expect(source.flags(for: "d/only.c")?.origin == .overlay)
    let board = try #require(source.flags(for: "d/board.c"))
    #expect(board.specific.contains("-I\(scratch.path)/arch/mips/include/asm/mach-board"))
  }
}
