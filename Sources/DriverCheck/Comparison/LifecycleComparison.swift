// SPDX-License-Identifier: GPL-2.0-only

/// Whether a setup and its teardown do the same to the device and to their caller in two versions
/// of a file, and what each version costs.
public struct LifecycleComparison: Sendable, Hashable, Codable {
  public enum Verdict: Sendable, Hashable, Codable {
    case same
    case differs(Difference)
    /// Not enough could be executed, and why.
    case unknown(String)
  }

  /// Which promise a difference breaks.
  public enum Aspect: String, Sendable, Hashable, Codable {
    /// The version after breaks a promise of the API or of C that the version before keeps.
    case engine
    /// Another result, other data, or something left behind.
    case behaviour
    /// Not fewer IOVA allocations, or not fewer IOTLB operations.
    case cost
  }

  public struct Difference: Sendable, Hashable, Codable {
    public var aspect: Aspect
    /// One sentence, lower case, no full stop.
    public var message: String
    /// The inputs that are not the ordinary ones, and the calls made to fail.
    public var deviations: [String]
    public var machine: String
  }

  /// What both versions cost on one device, in the run without a fault that allocates most, and of
  /// several in the one with the most addresses.
  public struct Cost: Sendable, Hashable, Codable {
    public struct Side: Sendable, Hashable, Codable {
      public var iovaAllocations: UInt64
      /// `iotlb_sync_map` operations and invalidations.
      public var iotlbOperations: UInt64

      public init(iovaAllocations: UInt64, iotlbOperations: UInt64) {
        self.iovaAllocations = iovaAllocations
        self.iotlbOperations = iotlbOperations
      }
    }

    public var machine: String
    /// Device addresses that the driver stored.
    public var addresses: Int
    public var before: Side
    public var after: Side
  }

  public var setup: String
  public var teardown: String?
  public var verdict: Verdict
  /// Pairs of runs that were compared, and those of them in which a call was made to fail.
  public var runs: Int
  public var faults: Int
  /// Names of the devices that pairs were run on.
  public var machines: [String]
  /// Why other pairs could not be compared, and how often.
  public var obstacles: [String: Int]
  public var costs: [Cost]
  /// How often, each device counted, a mirror was run with pieces of another size than usual, and
  /// both versions do the same.
  public var otherSizes = 0
  /// Devices on which the setup allocates IOVAs before, and none after: they were there already.
  public var allocatingBefore: Set<String> = []
  /// How many different pages each reader has found in one run at most.
  public var pagesFound: [String: Int] = [:]
  /// One-based lines of the main file after, that have code, and those of them that ran.
  public var codeLines: Set<Int>
  public var executedLines: Set<Int>
}
