// SPDX-License-Identifier: GPL-2.0-only

/// A machine with its auditor, driven by steps that mean something after any others, so that any
/// part of a sequence is a sequence.
protocol Audited {
  associatedtype Step: Sendable

  /// - Returns: how engine and auditor differ, nil when they agree.
  mutating func take(_ step: Step) -> String?

  /// What must hold when nothing more follows.
  mutating func conclude() -> String?
}

extension Audited {
  /// The difference that a sequence ends in, and how many of its steps were needed to get there.
  func difference(after steps: [Step]) -> (text: String, steps: Int)? {
    var run = self
    for (index, step) in steps.enumerated() {
      if let text = run.take(step) { return (text, index + 1) }
    }
    return run.conclude().map { ($0, steps.count) }
  }

  /// The shortest sequence found by leaving steps out: without any one of its steps it passes.
  ///
  /// Chunks are tried from halves down to single steps (delta debugging), until no step can go.
  func shrunk(_ steps: [Step]) -> [Step] {
    guard let first = difference(after: steps) else { return steps }
    var kept = Array(steps.prefix(first.steps))
    var chunk = max(1, kept.count / 2)
    while true {
      var start = 0
      var removed = false
      while start < kept.count {
        var candidate = kept
        candidate.removeSubrange(start..<min(start + chunk, kept.count))
        if let found = difference(after: candidate) {
          kept = Array(candidate.prefix(found.steps))
          removed = true
        } else {
          start += chunk
        }
      }
      if chunk == 1, !removed { return kept }
      chunk = max(1, chunk / 2)
    }
  }

  /// Runs every sequence over the alphabet up to a length.
  ///
  /// - Returns: how many sequences there were, and the first that shows a difference, shrunk.
  func enumerate(
    _ alphabet: [Step],
    length: Int
  ) -> (count: Int, failure: (steps: [Step], text: String)?) {
    var count = 0
    var path: [Step] = []
    func descend(_ before: Self) -> Bool {
      for step in alphabet {
        count += 1
        var after = before
        path.append(step)
        if after.take(step) != nil { return false }
        if path.count < length {
          if !descend(after) { return false }
        } else if after.conclude() != nil {
          return false
        }
        path.removeLast()
      }
      return true
    }
    guard !descend(self) else { return (count, nil) }
    let minimal = shrunk(path)
    return (count, (minimal, difference(after: minimal)?.text ?? "passes"))
  }
}
