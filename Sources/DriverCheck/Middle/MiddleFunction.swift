// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// A function that may be called between setup and teardown.
struct MiddleFunction {
  enum Caller: Int, Comparable {
    /// The kernel, which was handed the function: an interrupt handler, a callback.
    case handler
    /// The kernel, by the table that lists the setup too.
    case table
    /// Other files, which call the setup as well.
    case files
    /// The same or the kernel, for what is done of the setup's work; the teardown is for the rest.
    case completion

    static func < (one: Caller, other: Caller) -> Bool { one.rawValue < other.rawValue }
  }

  var function: CFunction
  var caller: Caller
}
