// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree
internal import Synchronization

/// The headers that a worker has met, without the bodies of functions that cannot matter.
///
/// Half of the time that a kernel's file takes to parse goes into the bodies of inline functions.
final class BlankedHeaders: Sendable {
  /// A worker process answers one question at a time.
  static let met = BlankedHeaders()

  private let state = Mutex(State())

  private struct State {
    var names: [String] = []
    var table = NameTable([])
    var seen: Set<String> = []
    /// By path; a header without a body to leave out is not among them.
    var texts: [String: [UInt8]] = [:]
  }

  /// The texts of the headers met so far, for a parse that is only about some names.
  func texts(keeping names: [String]) -> [String: [UInt8]] {
    state.withLock { state in
      if state.names != names { state = State(names: names, table: NameTable(names)) }
      return state.texts
    }
  }

  /// Reads headers that a parse went through.
  func add(_ paths: some Sequence<String>) {
    state.withLock { state in
      for path in paths where path.hasSuffix(".h") && state.seen.insert(path).inserted {
        guard let data = FileManager.default.contents(atPath: path) else { continue }
        let source = [UInt8](data)
        let blanked = state.table.lex(source).blanked(source)
        if blanked != source { state.texts[path] = blanked }
      }
    }
  }
}
