// SPDX-License-Identifier: GPL-2.0-only

/// What a driver is called in the subject of a patch, and the folder of its series.
struct DriverName {
  /// `vfio/mlx5`
  let subjectPrefix: String
  /// `vfio-mlx5`
  var folder: String { subjectPrefix.split(separator: "/").joined(separator: "-") }

  /// Parts of paths that say nothing of their own.
  private static let fillers: Set<String> = ["drivers", "pci", "hw", "ethernet", "ulp", "host"]

  /// - Parameter path: of the main file, relative to the tree
  init(path: String) {
    var parts = path.split(separator: "/").map(String.init)
    let file = parts.popLast() ?? ""
    var names = parts.filter { !Self.fillers.contains($0) }
    // Graphics drivers leave "gpu" out, InfiniBand drivers say RDMA.
    if names.starts(with: ["gpu", "drm"]) { names.removeFirst() }
    if names.first == "infiniband" { names[0] = "RDMA" }
    if names.isEmpty { names = [String(file.prefix { $0 != "." })] }
    if names.count == 1, parts.count == 2 { names.append(String(file.prefix { $0 != "." })) }
    subjectPrefix = names.prefix(2).joined(separator: "/")
  }
}
