// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Foundation
import Testing

/// The table of differences between contract and version 7 beside the engine.
@Suite struct BehaviourTests {
  @Test(arguments: Array(BehaviourDifference.all.indices), Behaviour.allCases)
  func theMachineDoesWhatTheTableSays(index: Int, behaviour: Behaviour) throws {
    let difference = BehaviourDifference.all[index]
    var bed = try TestBed(
      machine: { $0.behaviour = behaviour },
      device: difference.device
    )
    let keeps = difference.keepsContract(&bed)
    #expect(keeps == (behaviour == .contract), "\(difference.place)")
  }

  @Test func thePageListsThem() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/DMAModel/README.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let rows = BehaviourDifference.all.map {
      "| \($0.place) | \($0.contract) | \($0.version7) |"
    }
    let table = text.split(separator: "\n").drop { !$0.hasPrefix("| where |") }.dropFirst(2)
      .prefix { $0.hasPrefix("|") }.map(String.init)
    #expect(table == rows, "\(rows.joined(separator: "\n"))")
  }
}
