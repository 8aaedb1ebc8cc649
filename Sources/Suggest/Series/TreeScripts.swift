// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// The tree's own judges of patches. They are the only part of a tree that is ever run, and only by
/// the user's wish to have patches made for it.
struct TreeScripts {
  let tree: KernelTree

  /// What the scripts are, and what they read.
  var paths: [String] {
    ["scripts/checkpatch.pl", "scripts/spelling.txt", "scripts/const_structs.checkpatch"]
      .map { "\(tree.root)/\($0)" }
  }

  /// `scripts/checkpatch.pl --strict` without errors, warnings or checks.
  func style(of mail: String) throws -> GateResult {
    let script = "scripts/checkpatch.pl"
    guard FileManager.default.fileExists(atPath: "\(tree.root)/\(script)") else {
      return Gate.style.skipped("the tree has no \(script)")
    }
    let output = try withFile(mail) { path throws(SuggestError) in
      try ExternalCommand(
        program: "perl",
        arguments: [
          script, "--strict", "--no-color", "--terse", "--no-summary",
          "--show-types", path,
        ],
        directory: tree.root
      ).run()
    }
    let complaints = output.text.split(separator: "\n").compactMap { line -> Substring? in
      guard let kind = ["ERROR:", "WARNING:", "CHECK:"].first(where: { line.contains($0) }) else {
        return nil
      }
      return line.range(of: kind).map { line[$0.lowerBound...] }
    }
    guard complaints.isEmpty else {
      return Gate.style.failed(complaints.joined(separator: "; "))
    }
    guard output.status == 0 else {
      let last = output.text.split(separator: "\n").last ?? ""
      return Gate.style.skipped("\(script) failed: \(last)")
    }
    return Gate.style.passed("checkpatch.pl --strict is silent")
  }

  /// Addresses for `To:` and `Cc:` by `scripts/get_maintainer.pl`; empty when it cannot say.
  func recipients(of mail: String) throws -> (to: [String], cc: [String]) {
    let script = "scripts/get_maintainer.pl"
    guard FileManager.default.fileExists(atPath: "\(tree.root)/\(script)") else { return ([], []) }
    let output = try withFile(mail) { path throws(SuggestError) in
      try ExternalCommand(
        program: "perl",
        arguments: [script, "--no-git", "--no-git-fallback", "--roles", "--no-rolestats", path],
        directory: tree.root
      ).run()
    }
    guard output.status == 0 else { return ([], []) }
    var to: [String] = []
    var cc: [String] = []
    for line in output.text.split(separator: "\n") where line.contains("@") {
      // "Name <address> (maintainer:DRIVER)"
      let address = line.range(of: " (").map { line[..<$0.lowerBound] } ?? line
      if line.contains("(maintainer") || line.contains("(supporter") {
        to.append(String(address))
      } else {
        cc.append(String(address))
      }
    }
    return (to, cc)
  }

  private func withFile<R>(_ text: String, _ body: (String) throws(SuggestError) -> R) throws -> R {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "twostep-\(UUID().uuidString).patch")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }
}
