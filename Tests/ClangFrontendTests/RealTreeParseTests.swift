// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import Foundation
import SourceFacts
import Testing

/// A prepared kernel tree, when this machine has one: `TWOSTEP_TREE` and `TWOSTEP_TREE_OUTPUT`, or
/// the test cache.
enum PreparedTree {
  static let trees = FileManager.default.homeDirectoryForCurrentUser.path + "/.cache/twostep/trees"
  static let source =
    ProcessInfo.processInfo.environment["TWOSTEP_TREE"] ?? trees + "/linux-6.12"
  static let output =
    ProcessInfo.processInfo.environment["TWOSTEP_TREE_OUTPUT"]
    ?? trees + "/linux-6.12-allmodconfig"
  static let exists =
    FileManager.default.fileExists(atPath: source + "/Kbuild")
    && FileManager.default.fileExists(atPath: output + "/include/generated/autoconf.h")

  static var arguments: [String] {
    let includes = [
      source + "/arch/x86/include", output + "/arch/x86/include/generated", source + "/include",
      output + "/include", source + "/arch/x86/include/uapi",
      output + "/arch/x86/include/generated/uapi", source + "/include/uapi",
      output + "/include/generated/uapi",
    ]
    let forced = ["compiler-version.h", "kconfig.h", "compiler_types.h"]
    return includes.map { "-I" + $0 }
      + forced.flatMap { ["-include", source + "/include/linux/" + $0] }
      + [
        "-nostdinc", "-D__KERNEL__", "-DKBUILD_MODNAME=\"test\"",
        "-DKBUILD_MODFILE=\"test\"", "-DKBUILD_BASENAME=\"test\"", "-std=gnu11", "-fshort-wchar",
        "-funsigned-char", "-m64",
        "-mcmodel=kernel", "-mno-sse", "-w",
      ]
  }
}

@Suite(.enabled(if: PreparedTree.exists, "no prepared kernel tree")) struct RealTreeParseTests {
  /// Every construct in these files is expressible, save what is known not to be.
  @Test(arguments: [
    "drivers/iommu/dma-iommu.c", "kernel/dma/direct.c", "mm/hmm.c",
    "drivers/vfio/pci/mlx5/cmd.c", "drivers/nvme/host/pci.c",
  ]) func onlyAssemblyIsNotExpressible(_ path: String) throws {
    let unit = try TranslationUnit(
      parsing: PreparedTree.source + "/" + path,
      options: ParseOptions(arguments: PreparedTree.arguments)
    )
    #expect(unit.diagnostics().filter { $0.severity >= .error } == [])
    let facts = unit.facts(FactsRequest(.mainFile, lowersGlobalInitializers: true))
    #expect(facts.functions.count > 5)
    let rendering = Rendering(unit: facts)
    var constructs: [String: Int] = [:]
    for function in facts.functions {
      for piece in rendering.text(function.body).split(separator: "unsupported(").dropFirst() {
        constructs[String(piece.prefix { $0 != ")" }), default: 0] += 1
      }
    }
    #expect(constructs.keys.allSatisfy { $0 == "inline assembly" }, "\(path): \(constructs)")
  }
}
