// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Synchronization

/// One line on standard error that says how far a command is.
///
/// Safe to advance from many tasks. Draws at most ten times a second and erases itself at the end.
package final class ProgressLine: Sendable {
  private let activity: String
  private let isShown: Bool
  private let state = Mutex(State())

  private struct State {
    var done = 0
    var total = 0
    var lastDrawn: ContinuousClock.Instant?
  }

  init(activity: String, isShown: Bool) {
    self.activity = activity
    self.isShown = isShown
  }

  /// - Parameter total: how many steps there will be; 0 when that is not known
  func begin(total: Int) {
    state.withLock { $0 = State(done: 0, total: total) }
  }

  func advance(by count: Int = 1) {
    update { $0.done += count }
  }

  /// For work that counts by itself; a count that comes late does not turn the bar back.
  func set(_ done: Int, of total: Int) {
    update {
      $0.done = max($0.done, done)
      $0.total = total
    }
  }

  private func update(_ change: (inout State) -> Void) {
    guard isShown else { return }
    let line: String? = state.withLock { state in
      change(&state)
      let now = ContinuousClock.now
      if let last = state.lastDrawn, now - last < .milliseconds(100) { return nil }
      state.lastDrawn = now
      return Self.text(activity: activity, done: state.done, total: state.total)
    }
    if let line { write("\r\u{1B}[K\(line)") }
  }

  /// Leaves the terminal as it was found.
  func end() {
    guard isShown, state.withLock({ $0.lastDrawn != nil }) else { return }
    write("\r\u{1B}[K")
  }

  package static func text(activity: String, done: Int, total: Int) -> String {
    guard total > 0 else { return "\(activity): \(done)" }
    let width = 30
    let filled = min(width, done * width / total)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    return "\(activity) [\(bar)] \(done)/\(total)"
  }

  private func write(_ text: String) {
    // A terminal that went away is no reason to stop the work.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
