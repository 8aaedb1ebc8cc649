// SPDX-License-Identifier: GPL-2.0-only

internal import DriverCheck
internal import Rules

/// The words of a commit message.
struct PatchText {
  let proposal: Proposal
  let rule: Rule
  let prefix: String
  let gates: [GateResult]
  let proof: [Proof]
  let signature: String

  private static let width = 72

  var subject: String {
    if let subject = rule.subject {
      return "\(prefix): " + subject.replacing("{storage}", with: proposal.storage)
    }
    return switch proposal.arrays.count {
    case 0: "\(prefix): \(rule.title)"
    case 1: "\(prefix): link the pages of \(proposal.storage) into one IOVA range"
    default: "\(prefix): link each array's pages into one IOVA range"
    }
  }

  var message: String {
    ([subject] + why + evidence.map { Self.wrapped($0) }).joined(separator: "\n\n")
      + "\n\nSigned-off-by: \(signature)\n"
  }

  /// What the driver does today, and why to change it.
  private var why: [String] {
    var paragraphs = proposal.storage.isEmpty ? [] : [lifecycle]
    let messages = proposal.readers.map { reader in
      reader.message.replacing("{function}", with: reader.function)
    }
    paragraphs += ([rule.message] + messages).flatMap { $0.split(separator: "\n\n") }.map {
      $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    return paragraphs.map { Self.wrapped($0) }
  }

  private var lifecycle: String {
    let ends = proposal.unmapFunctions.filter { $0 != proposal.mapFunction }.map { $0 + "()" }
    let undone = ends.isEmpty ? "undoes it" : "\(ends.joined(separator: " and ")) undoes it"
    let arrays =
      proposal.arrays.count == 1
      ? "\(proposal.storage) in struct \(proposal.record)"
      : proposal.arrays.map { "\($0.name) in struct \($0.record)" }.joined(separator: " and of ")
    return "\(proposal.mapFunction)() maps the pages of \(arrays); \(undone)."
  }

  /// What was run, and what came of it.
  private var evidence: [String] {
    let tested = gates.filter { $0.outcome == .passed && [.parses, .compiles].contains($0.gate) }
      .map(\.detail)
    guard !proof.isEmpty else {
      let reason = gates.first { $0.outcome == .unproved }?.detail ?? "not executed"
      return [
        "Proposed by twostep, rule \(rule.id); its effect is not proved: \(reason). "
          + Self.sentence(tested)
      ]
    }
    var text =
      "Proposed by twostep, rule \(rule.id). Both versions were executed against a model of the "
      + "DMA API: \(ExecutionGates.summary(proof))."
    if rule.gain != .scatterlists,
      let cost = proof.flatMap(\.costs).first(where: { $0.before.iovaAllocations > 1 })
    {
      text +=
        " With an IOMMU, \(cost.addresses) pages take \(cost.after.iovaAllocations) IOVA "
        + "allocation and \(cost.after.iotlbOperations) IOTLB operations, where they took "
        + "\(cost.before.iovaAllocations) and \(cost.before.iotlbOperations)."
    }
    if rule.gain == .scatterlists, let cost = proof.flatMap(\.costs).first(where: { $0.isAsBefore })
    {
      text +=
        " With an IOMMU, \(cost.addresses) pages take \(cost.after.iovaAllocations) IOVA "
        + "allocation and \(cost.after.iotlbOperations) IOTLB operations, as before, and no list."
    }
    let left = proof.flatMap { $0.notCompared.values }.reduce(0, +)
    if left > 0 {
      text += " \(left) pairs could not be compared, for reasons that evidence.json gives."
    }
    return tested.isEmpty ? [text] : [text, Self.sentence(tested)]
  }

  private static func sentence(_ details: [String]) -> String {
    guard let first = details.first else { return "" }
    return ([first.prefix(1).uppercased() + first.dropFirst()] + details.dropFirst())
      .joined(separator: "; ") + "."
  }

  static func wrapped(_ text: String) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return (lines + [line]).joined(separator: "\n")
  }
}

extension LifecycleComparison.Cost {
  /// One range for several pages in both versions.
  fileprivate var isAsBefore: Bool {
    addresses > 1 && before.iovaAllocations == 1 && after == before
  }
}
