// SPDX-License-Identifier: GPL-2.0-only

/// Why a run ended before the function returned.
public struct ExecutionStop: Error, Sendable {
  public enum Reason: Sendable, Hashable {
    /// The program did what C does not allow.
    case fault(Fault)
    /// The interpreter has no meaning for a construct: it says nothing about the program.
    case unsupported
    /// The budget of steps, objects or call depth ran out.
    case budget
    /// What the embedder asked for.
    case host
  }

  public enum Fault: String, Sendable, Hashable, CaseIterable {
    case outOfBounds
    /// Of what an allocator gave out that was asked for no bytes.
    case zeroSized
    case nullDereference
    case useAfterFree
    case doubleFree
    case uninitialisedRead
    case wildAccess
    case invalidFree
    case divisionByZero
    /// `BUG()` or code that was promised to be unreachable.
    case bug
  }

  public var reason: Reason
  /// Lower case, no full stop.
  public var message: String
  public var site: Site
  /// Where the mistake was made that shows at ``site``, if that is another place.
  public var cause: Site?
  /// Where the object that was misused came from, if there is one.
  public var origin: Site?
  /// Where it was freed, if it was.
  public var freed: Site?
  /// The address that was used, for a fault of memory.
  public var address: UInt64 = 0
  /// The operation used a value that nobody knows, so it proves nothing about the program.
  public var dependsOnUnknown = false

  init(_ reason: Reason, _ message: String, at site: Site) {
    self.reason = reason
    self.message = message
    self.site = site
  }
}
