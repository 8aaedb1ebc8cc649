// SPDX-License-Identifier: GPL-2.0-only

public import SourceFacts

/// A call in a recorded run.
public struct TraceEvent: Sendable {
  public enum Kind: Sendable {
    /// An interpreted function is entered.
    case enter
    /// An interpreted function returned.
    case leave
    /// A builtin or an unknown function was called and returned.
    case outside
  }

  public var kind: Kind
  public var function: DeclarationID
  public var arguments: [UInt64]
  public var result: UInt64?
  /// Of the call.
  public var site: Site
  public var depth: Int
}

extension Interpreter {
  func record(
    _ kind: TraceEvent.Kind,
    _ function: DeclarationID,
    _ arguments: [UInt64],
    _ result: UInt64?,
    _ site: Site
  ) {
    guard trace != nil else { return }
    trace?.append(
      TraceEvent(
        kind: kind,
        function: function,
        arguments: arguments,
        result: result,
        site: site,
        depth: frames.count
      )
    )
  }
}
