// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// What was checked of each patch of a series, for programs. The schema is in
/// `Resources/evidence.schema.json` of this target.
public struct Evidence {
  /// Raised when a key is removed or changes meaning; new keys do not raise it.
  public static let schemaVersion = 2

  /// The JSON Schema (draft 2020-12) of the file.
  public static var schema: String {
    String(decoding: PackageResources.evidence_schema_json, as: UTF8.self)
  }

  private struct Document: Encodable {
    var schemaVersion = Evidence.schemaVersion
    var release: String
    var baseCommit: String?
    var patches: [Patch]
  }

  private struct Patch: Encodable {
    var subject: String
    var rule: String
    var files: [String]
    var mapFunction: String
    var unmapFunctions: [String]
    var storage: String?
    var gates: [GateResult]
    var proof: [Proof]
  }

  private let document: Document

  init(tree: KernelTree, baseCommit: String?, emissions: [SuggestResult.Emission]) {
    document = Document(
      release: "\(tree.release)",
      baseCommit: baseCommit,
      patches: emissions.map { emission in
        Patch(
          subject: emission.subject,
          rule: emission.rule,
          files: emission.after.keys.sorted(),
          mapFunction: emission.mapFunction,
          unmapFunctions: emission.unmapFunctions,
          storage: emission.storage,
          gates: emission.gates,
          proof: emission.proof
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
