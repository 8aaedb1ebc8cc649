// SPDX-License-Identifier: GPL-2.0-only

/// The scenarios that the program carries in itself, so that it needs no file beside it.
public enum ScenarioLibrary {
  /// Names and contents of the files of `Resources`; the manifest embeds each of them.
  private static let files: [(name: String, bytes: [UInt8])] = [
    ("drivers.yaml", PackageResources.drivers_yaml),
    ("edges.yaml", PackageResources.edges_yaml),
    ("functions.yaml", PackageResources.functions_yaml),
    ("hmm.yaml", PackageResources.hmm_yaml),
    ("iommu.yaml", PackageResources.iommu_yaml),
    ("objections.yaml", PackageResources.objections_yaml),
    ("peer-to-peer.yaml", PackageResources.peer_to_peer_yaml),
    ("streaming.yaml", PackageResources.streaming_yaml),
    ("two-step.yaml", PackageResources.two_step_yaml),
  ]

  /// Names of the embedded files.
  public static var fileNames: [String] { files.map(\.name) }

  public static func all() throws(ScenarioError) -> [Scenario] {
    var result: [Scenario] = []
    for file in files {
      result += try Scenario.scenarios(
        parsing: String(decoding: file.bytes, as: UTF8.self),
        path: file.name
      )
    }
    return result
  }

  /// The YAML of a bundled scenario, nil when none has the name.
  public static func text(named name: String) -> String? {
    for file in files {
      let documents = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n---\n")
      if let document = documents.first(where: { $0.hasPrefix("name: \(name)\n") }) {
        return String(document) + (document.hasSuffix("\n") ? "" : "\n")
      }
    }
    return nil
  }

  /// A function that a step can call, with the names of its arguments.
  public struct Step: Sendable, Hashable {
    public var name: String
    public var required: [String]
    public var optional: [String]
  }

  /// Everything that a step can call, by name.
  public static let steps: [Step] = Operation.named.map {
    Step(name: $0.key, required: $0.value.required, optional: $0.value.optional)
  }.sorted { $0.name < $1.name }
}
