// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import KernelC
import Testing

/// The page of the functions that the interpreter knows.
@Suite struct BuiltinPageTests {
  static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Sources/KernelC/Builtins/README.md")

  static let page: String = {
    var page = """
      <!-- SPDX-License-Identifier: GPL-2.0-only -->
      # Functions with a meaning of their own

      The interpreter does not execute the bodies of these functions, nor does it need them. Made
      from the code; `UPDATE_GOLDENS=1 swift test --filter BuiltinPageTests` writes it anew. The
      functions of the DMA API, of HMM and of P2PDMA are bound to the reference engine in
      `Sources/DriverCheck`.

      """
    for family in KernelBuiltins.documentation {
      let names = family.names.map { "`\($0)`" }.joined(separator: ", ")
      page += "\n## \(family.title)\n\n\(names)\n"
    }
    return page
  }()

  @Test func thePageIsUpToDate() throws {
    if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
      try Data(Self.page.utf8).write(to: Self.path)
      Issue.record("wrote \(Self.path.path); run again without UPDATE_GOLDENS")
      return
    }
    #expect(
      try String(contentsOf: Self.path, encoding: .utf8) == Self.page,
      "out of date: run UPDATE_GOLDENS=1 swift test --filter BuiltinPageTests"
    )
  }
}
