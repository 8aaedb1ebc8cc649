// SPDX-License-Identifier: GPL-2.0-only

public import DMAModel

/// A run of the DMA API written down: a machine, the calls, and what must come of them.
public struct Scenario: Sendable {
  public var name: String
  /// Where it was read from, for messages.
  public var path: String
  /// One sentence.
  public var title: String
  /// Rows of the series and claims of the discussion that it shows: `row-7`, `claim-3`.
  public var shows: [String]
  /// Scenarios of one group are compared with each other.
  public var group: String?
  /// Whether it means something on other devices than its own.
  public var isPortable: Bool
  public var machine: MachineConfiguration
  public var memory: [Memory]
  public var devices: [Device]
  public var constants: [(name: String, value: Expression, line: Int)]
  public var steps: [Step]
  public var expectations: [Expectation]

  public struct Memory: Sendable {
    public var name: String
    public var size: Expression
    public var base: UInt64?
    public var kind: MemoryRegion.Kind
    public var use: MemoryRegion.Use
    public var line: Int
  }

  public struct Device: Sendable {
    public var configuration: DeviceConfiguration
    public var line: Int
  }

  /// What must hold at the end of a run.
  public struct Expectation: Sendable {
    /// Applies when this is not zero.
    public var condition: Expression?
    public var counters: [(name: String, value: Expression, line: Int)]
    /// Ids of what may be left: none when empty.
    public var leaks: [String]?
    public var line: Int
  }

  public indirect enum Step: Sendable {
    case call(Call)
    case loop(variable: String, count: Expression, body: [Step], line: Int)
    case branch(condition: Expression, then: [Step], otherwise: [Step], line: Int)
    case check(Expression, message: String, line: Int)
    case assign(name: String, value: Expression, line: Int)
  }

  /// One call of a function, with what it must return and which promises it must break.
  public struct Call: Sendable {
    public var function: String
    public var arguments: [String: Argument]
    public var result: String?
    public var returns: Returns?
    public var violates: [ViolationID]
    /// Run instead of the rest when the call fails.
    public var onError: [Step]?
    public var line: Int
  }

  public enum Argument: Sendable {
    case expression(Expression)
    case name(String)
    case bytes([UInt8])
  }

  public enum Returns: Sendable {
    case value(Expression)
    case success
    case failure
  }
}
