// SPDX-License-Identifier: GPL-2.0-only

/// The part of the SARIF 2.1.0 object model that reports use; names are the standard's.
struct SARIFLog: Encodable {
  let schema = "https://json.schemastore.org/sarif-2.1.0.json"
  let version = "2.1.0"
  let runs: [Run]

  private enum CodingKeys: String, CodingKey {
    case schema = "$schema"
    case version, runs
  }

  struct Run: Encodable {
    let tool: Tool
    let invocations: [Invocation]
    let results: [Result]
    let columnKind = "utf16CodeUnits"
    let originalUriBaseIds = [
      "SRCROOT": Base(description: Message(text: "the root of the kernel tree"))
    ]
  }

  struct Base: Encodable { let description: Message }

  struct Tool: Encodable { let driver: Driver }

  struct Driver: Encodable {
    let name: String
    let version: String
    let rules: [Rule]
  }

  struct Rule: Encodable {
    let id: String
    let shortDescription: Message?
    /// GitHub's code scanning wants it beside the short one.
    let fullDescription: Message?
    let help: Message?
    let defaultConfiguration: Configuration?

    struct Configuration: Encodable { let level: String }
  }

  struct Invocation: Encodable {
    let commandLine: String
    let exitCode: Int32
    let executionSuccessful: Bool
    let toolExecutionNotifications: [Notification]
  }

  struct Notification: Encodable {
    let level: String
    let message: Message
    let locations: [Location]?
  }

  struct Result: Encodable {
    let ruleId: String
    let ruleIndex: Int
    let level: String
    let message: Message
    let locations: [Location]
    let relatedLocations: [Location]?
    let partialFingerprints: [String: String]
    let codeFlows: [CodeFlow]?
  }

  struct CodeFlow: Encodable {
    let message: Message
    let threadFlows: [ThreadFlow]

    struct ThreadFlow: Encodable { let locations: [FlowLocation] }
  }

  struct FlowLocation: Encodable {
    var location: Location
    let nestingLevel: Int
  }

  struct Location: Encodable {
    let id: Int?
    let physicalLocation: PhysicalLocation
    var message: Message?
  }

  struct PhysicalLocation: Encodable {
    let artifactLocation: ArtifactLocation
    let region: Region?
  }

  struct ArtifactLocation: Encodable {
    let uri: String
    /// Nil for a file that is named by an absolute path, such as a mailbox beside the tree.
    let uriBaseId: String?
  }

  struct Region: Encodable {
    let startLine: Int
    let startColumn: Int?
  }

  /// Plain text, escaped where a viewer would read a placeholder `{0}` or a link `[text](1)` into
  /// it (3.11.5 and 3.11.6 of the standard); elsewhere most viewers show escapes as they stand.
  struct Message: Encodable {
    let text: String

    init(text: String) {
      var text = text.printable
      let bytes = text.utf8
      let hasPlaceholder = zip(bytes, bytes.dropFirst()).contains {
        $0 == UInt8(ascii: "{") && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($1)
      }
      if hasPlaceholder {
        text = text.replacing("{", with: "{{").replacing("}", with: "}}")
      }
      if text.contains("](") {
        text = text.replacing("[", with: "\\[").replacing("]", with: "\\]")
      }
      self.text = text
    }
  }
}
