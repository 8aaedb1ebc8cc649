// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelAPI
internal import KernelTree
internal import Rules

/// No file that can reach the addresses syncs or unmaps one of them.
///
/// The rule has read the main file. Other files are read by their tokens: a call of a sync or unmap
/// function with an argument that ends in the field's name fails the proposal, whatever struct the
/// field is of.
struct ReaderGate {
  let tree: KernelTree

  /// - Parameters:
  ///   - units: the C files that the rule has read, absolute
  ///   - dependencies: gains the files that were read
  func check(
    _ proposal: Proposal,
    of units: [String],
    _ dependencies: inout Set<String>
  ) throws -> GateResult {
    var count = 0
    for field in proposal.watched where field.definedIn != proposal.path {
      for path in try reachable(field, from: proposal.path) {
        let absolute = "\(tree.root)/\(path)"
        guard !units.contains(absolute) else { continue }
        dependencies.insert(absolute)
        guard let bytes = FileManager.default.contents(atPath: absolute) else {
          return Gate.readers.failed("\(path) cannot be read")
        }
        count += 1
        if let line = FieldCalls.line(of: field.field, in: Array(bytes)) {
          return Gate.readers.failed(
            "\(path):\(line) syncs or unmaps through a field called \(field.field)"
          )
        }
      }
    }
    return Gate.readers.passed("\(count) other files do not sync or unmap single addresses")
  }

  /// The C files below the directory that holds both the struct's header and the driver; all of the
  /// tree for a header of the kernel's own.
  private func reachable(
    _ field: Proposal.WatchedField,
    from mainPath: String
  ) throws -> [String] {
    let header = tree.relative(field.definedIn).split(separator: "/").dropLast()
    let main = tree.relative(mainPath).split(separator: "/").dropLast()
    let common = zip(header, main).prefix { $0 == $1 }.map { String($0.0) }
    // A file two levels down, such as drivers/gpu, holds many drivers: as good as the whole tree.
    let paths = common.isEmpty ? [] : [common.joined(separator: "/")]
    return try tree.inventory(under: paths).files
  }
}
