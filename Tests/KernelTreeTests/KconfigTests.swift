// SPDX-License-Identifier: GPL-2.0-only
import Foundation
import KernelAPI
import KernelTree
import Testing

/// The configuration that stands in for `make allmodconfig` in an unprepared tree.
struct KconfigTests {
  private func configuration(_ kconfig: String) throws -> [String: String] {
    let scratch = try ScratchTree()
    try scratch.write("Kconfig", kconfig)
    try scratch.write("sub/Kconfig", "config FROM_SUB\n\tbool \"s\"\n")
    let source = try CompileFlagsSource(tree: KernelTree(path: scratch.path))
    return source.configuration(for: "x86").values.filter { $0.key != "MODULES" }
  }

  @Test(
    arguments: [
      ("config A\n\tbool \"a\"\n", ["A": "y"]),
      ("config A\n\ttristate \"a\"\n", ["A": "m"]),
      ("config A\n\tbool\n", [:]),
      ("config A\n\tbool\n\tdefault y\n", ["A": "y"]),
      ("config A\n\tdef_tristate y if B\nconfig B\n\ttristate \"b\"\n", ["A": "m", "B": "m"]),
      ("config A\n\tbool \"a\"\n\tdepends on !B\nconfig B\n\tbool \"b\"\n", ["B": "y"]),
      ("config A\n\tbool \"a\"\n\tdepends on X86 && !S390\n", ["A": "y"]),
      ("config A\n\tbool \"a\"\n\tdepends on ARM || COMPILE_TEST\n", ["A": "y"]),
      ("config A\n\tbool \"a\"\n\tdepends on 64BIT\n", ["A": "y"]),
      ("if NOPE\nconfig A\n\tbool \"a\"\nendif\nconfig B\n\tbool \"b\"\n", ["B": "y"]),
      ("menu \"m\"\n\tdepends on NOPE\nconfig A\n\tbool \"a\"\nendmenu\n", [:]),
      ("config A\n\ttristate\nconfig B\n\tbool \"b\"\n\tselect A\n", ["A": "y", "B": "y"]),
      ("config A\n\ttristate\nconfig B\n\ttristate \"b\"\n\tselect A if C\n", ["B": "m"]),
      ("config A\n\ttristate\nconfig B\n\ttristate \"b\"\n\timply A\n", ["A": "m", "B": "m"]),
      ("config A\n\tint \"n\"\n\trange 4 8\n\tdefault 2\n", ["A": "4"]),
      ("config A\n\thex\n\tdefault 0xc000000000000000\n", ["A": "0xc000000000000000"]),
      ("config A\n\tstring\n\tdefault \"x\\\"y\"\n", ["A": "x\"y"]),
      (
        "config A\n\tbool \"a\"\n\thelp\n\t  config FAKE\n\t\tbool \"x\"\nconfig B\n\tbool \"b\"\n",
        ["A": "y", "B": "y"]
      ),
      (
        "choice\n\tprompt \"c\"\n\tdefault B\nconfig A\n\tbool \"a\"\nconfig B\n\tbool \"b\"\nendchoice\n",
        ["B": "y"]
      ),
      (
        "choice\n\tprompt \"c\"\nconfig A\n\tbool \"a\"\n\tdepends on NOPE\nconfig B\n\tbool \"b\"\nendchoice\n",
        ["B": "y"]
      ),
      ("source \"sub/Kconfig\"\nsource \"missing/Kconfig\"\n", ["FROM_SUB": "y"]),
      ("config A\n\tdef_bool $(cc-option,-x)\nconfig B\n\tdef_bool $(failure,x)\n", ["A": "y"]),
      ("config A\n\tdef_bool y\n\tdepends on \"$(SRCARCH)\" = \"x86\"\n", ["A": "y"]),
      ("config A\n\tbool \"a\"\n\tdepends on A\n", [:]),
      ("config A\n\tint\n\tdefault 3\nconfig B\n\tdef_bool A > 2\n", ["A": "3", "B": "y"]),
      ("config A\n\tint\nconfig B\n\tdef_bool A = 0\n", ["B": "y"]),
      ("config A\n\tstring\nconfig B\n\tstring \"b\"\n", ["B": ""]),
      ("config A\n\tint\n\tdefault 3 if NOPE\n", [:]),
      ("source \"Kconfig\"\nconfig A\n\tbool \"a\"\n", ["A": "y"]),
    ] as [(String, [String: String])]
  )
  func aSymbolHasTheValueOfAllmodconfig(kconfig: String, expected: [String: String]) throws {
    #expect(try configuration(kconfig) == expected)
  }

  @Test func everyArchitectureReadsTheLinesThatNameIt() throws {
    let scratch = try ScratchTree()
    let top = """
      source "$(srctree)/arch/$(SRCARCH)/Kconfig"
      source "$(srctree)/common/Kconfig"
      config WIDE
      \tbool "w"
      \tdepends on "$(ARCH)" = "s390"
      """
    try scratch.write("Kconfig", top)
    try scratch.write("common/Kconfig", "config COMMON\n\tbool \"c\"\n")
    try scratch.write("arch/arm/Kconfig", "config A\n\tdef_bool y\n")
    try scratch.write("arch/s390/Kconfig", "config S\n\tdef_bool y\n")
    let source = try CompileFlagsSource(tree: KernelTree(path: scratch.path))
    let arm = source.configuration(for: "arm").values.filter { $0.value == "y" }.keys
    let s390 = source.configuration(for: "s390").values.filter { $0.value == "y" }.keys
    #expect(arm.contains("A") && arm.contains("COMMON"))
    #expect(!arm.contains("S") && !arm.contains("WIDE"))
    #expect(s390.contains("S") && s390.contains("COMMON") && s390.contains("WIDE"))
    #expect(!s390.contains("A"))
  }

  @Test func hostileFilesAreReadToTheEnd() throws {
    let nested = String(repeating: "(", count: 9000) + "A" + String(repeating: ")", count: 9000)
    let long = (0..<9000).map { "A\($0)" }.joined(separator: " && ")
    let chain = (0..<20_000).map {
      "config C\($0)\n\tbool \"c\"\n\tdepends on C\($0 + 1)\n"
    }.joined()
    let text = """
      config D
      \tbool "d"
      \tdepends on \(nested)
      config E
      \tbool "e"
      \tdepends on \(long)
      endmenu
      endif
      default
      select
      \(chain)
      config LAST
      \tbool "l"
      """
    #expect(try configuration(text)["LAST"] == "y")
  }

  @Test(.enabled(if: RealTree.isPresent, "no kernel tree in ~/.cache/twostep/trees"))
  func theRealTreesConfigurationIsNearlyThatOfMake() throws {
    let text = try String(contentsOfFile: RealTree.build + "/.config", encoding: .utf8)
    let real = KernelConfiguration(dotConfig: text).values
    let source = try CompileFlagsSource(tree: KernelTree(path: RealTree.source))
    let mine = source.configuration(for: "x86").values
    let same = real.count { mine[$0.key] == $0.value }

    #expect(real.count > 14_000)
    // What differs depends on the compiler, the assembler and the machine that make asked.
    #expect(same * 100 >= real.count * 98)
  }
}
