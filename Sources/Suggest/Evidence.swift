// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree
internal import Rules

/// What was checked of each patch, for programs.
struct Evidence {
  private struct Document: Encodable {
    var schemaVersion = 1
    var release: String
    var patches: [Patch]
  }

  private struct Patch: Encodable {
    var subject: String
    var rule: String
    var file: String
    var line: Int
    var mapFunction: String
    var unmapFunctions: [String]
    var record: String
    var storage: String
    var stateField: String
    var gates: [GateResult]
  }

  private let document: Document

  init(tree: KernelTree, emissions: [SuggestResult.Emission]) {
    document = Document(
      release: "\(tree.release)",
      patches: emissions.map { emission in
        let proposal = emission.proposal
        return Patch(
          subject: emission.subject,
          rule: proposal.rule,
          file: String(proposal.path.dropFirst(tree.root.count + 1)),
          line: proposal.line,
          mapFunction: proposal.mapFunction,
          unmapFunctions: proposal.unmapFunctions,
          record: proposal.record,
          storage: proposal.storage,
          stateField: proposal.stateField,
          gates: emission.gates
        )
      }
    )
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
  }
}
