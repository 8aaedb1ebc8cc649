// SPDX-License-Identifier: GPL-2.0-only

/// The steps that the lifecycles of one file may take together, each on every device.
struct FileBudget {
  private var steps: Int
  /// How many explorations are to come.
  private var shares: Int

  /// Few lifecycles take as much as they may, and what those before have left is for the rest.
  private static let factor = 3

  init(steps: Int, shares: Int) {
    self.steps = steps
    self.shares = shares
  }

  /// What the next exploration may take.
  var allowance: Int { max(min(Self.factor * (steps / max(shares, 1)), steps), 0) }

  mutating func take(_ spent: Int) {
    steps -= spent
    shares -= 1
  }

  /// Makes room for more explorations of what is left.
  mutating func share(with more: Int) { shares += more }

  /// What an exploration takes beside the others.
  mutating func take(between spent: Int) { steps -= spent }
}
