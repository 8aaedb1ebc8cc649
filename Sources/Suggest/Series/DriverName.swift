// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// What a driver is called in the subject of a patch.
struct DriverName {
  /// `vfio/mlx5`
  let subjectPrefix: String

  /// Parts of paths that say nothing of their own.
  private static let fillers: Set<String> = ["drivers", "pci", "hw", "ethernet", "ulp", "host"]
  /// Subjects that the history is asked for.
  private static let historyDepth = 30

  /// - Parameter path: of the main file, relative to the tree
  init(tree: KernelTree, path: String) {
    subjectPrefix = Self.historical(tree, path) ?? Self.conventional(path)
  }

  /// What the path suggests.
  static func conventional(_ path: String) -> String {
    var parts = path.split(separator: "/").map(String.init)
    let file = parts.popLast() ?? ""
    var names = parts.filter { !fillers.contains($0) }
    // Graphics drivers leave "gpu" out, InfiniBand drivers say RDMA.
    if names.starts(with: ["gpu", "drm"]) { names.removeFirst() }
    if names.first == "infiniband" { names[0] = "RDMA" }
    if names.isEmpty { names = [String(file.prefix { $0 != "." })] }
    if names.count == 1, parts.count == 2 { names.append(String(file.prefix { $0 != "." })) }
    return names.prefix(2).joined(separator: "/")
  }

  /// What most of the latest commits to the file's directory say before the first colon; nil in a
  /// tree without history, and where there is no custom.
  private static func historical(_ tree: KernelTree, _ path: String) -> String? {
    let directory = path.split(separator: "/").dropLast().joined(separator: "/")
    guard FileManager.default.fileExists(atPath: "\(tree.root)/.git"), !directory.isEmpty,
      let output = try? ExternalCommand(
        program: "git",
        arguments: [
          "--no-pager", "-c", "core.fsmonitor=false", "log", "--no-merges", "--format=%s",
          "--max-count=\(historyDepth)", "--", directory,
        ],
        directory: tree.root
      ).run(),
      output.status == 0
    else { return nil }
    var counts: [Substring: Int] = [:]
    let subjects = output.text.split(separator: "\n")
    for subject in subjects {
      guard let end = subject.range(of: ": ") else { continue }
      let prefix = subject[..<end.lowerBound]
      if !prefix.isEmpty, prefix.count <= 40, !prefix.hasPrefix("Revert") {
        counts[prefix, default: 0] += 1
      }
    }
    guard let best = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      best.value >= 2, best.value * 3 >= subjects.count
    else { return nil }
    return String(best.key)
  }
}
