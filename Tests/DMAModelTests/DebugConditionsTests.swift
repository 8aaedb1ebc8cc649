// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Foundation
import Testing

/// The table of DMA-API debug conditions beside the engine.
@Suite struct DebugConditionsTests {
  @Test func everyConditionHasAnIDAndATest() throws {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let page = try String(
      contentsOf: here.appending(path: "../../Sources/DMAModel/README.md"),
      encoding: .utf8
    )
    let names = try FileManager.default.contentsOfDirectory(atPath: here.path)
    let tests = try names.filter { $0.hasSuffix(".swift") }.map {
      try String(contentsOf: here.appending(path: $0), encoding: .utf8)
    }.joined()
    let rows = page.matches(of: /\| [0-9]+ \| [^|]+ \| `([a-z0-9-]+)` \| `([A-Za-z0-9]+)` \|/)
    #expect(rows.count == 23)
    for row in rows {
      #expect(ViolationID(rawValue: String(row.output.1)) != nil, "\(row.output.1)")
      #expect(tests.contains("func \(row.output.2)("), "\(row.output.2)")
    }
  }
}
