// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// What one run of an implementation has done with the engine's primitives.
final class PrimitiveState {
  /// What the kernel's structures say; nil where they are inputs like any other.
  let members: KernelMembers?
  /// What members of a device and its domain are, where all others are inputs.
  let geometry: KernelMembers?
  /// The functions that are executed here; other parts of the API are the engine's.
  let implemented: Set<String>
  var device: UInt64 = 0
  var domain: UInt64 = 0
  /// Granules that were asked for, by the first one.
  var iova: [UInt64: UInt64] = [:]
  /// IOVA ranges, in granules, that were given back in part, and the calls that did it.
  var shortFrees: [(first: UInt64, granules: UInt64, stack: [Site])] = []
  /// By the address of `struct iommu_iotlb_gather`.
  var gathers: [UInt64: IOTLBGather] = [:]
  /// Memory that was made visible to a device that is not coherent, by physical address.
  var cleaned: [Range<UInt64>] = []
  /// The last call of each primitive, and of each function that has a meaning here.
  var lastStack: [String: [Site]] = [:]
  /// The primitive that was last made to fail.
  var failedStack: [Site]?
  /// Calls of the API and of primitives, as a witness shows them.
  var journal: [Entry] = []
  /// The model's number of the call before the function under test was entered.
  var operationStart: UInt32 = 0
  /// Whether the function under test makes a mapping, so that it may only unmap its own.
  var operationMaps = false

  struct Entry {
    var site: Site?
    var depth: Int
    var text: String
  }

  init(
    _ members: KernelMembers?,
    geometry: KernelMembers? = nil,
    implemented: Set<String>
  ) {
    self.members = members
    self.geometry = geometry
    self.implemented = implemented
  }

  func begin() {
    device = 0
    domain = 0
    iova.removeAll()
    shortFrees.removeAll()
    gathers.removeAll()
    cleaned.removeAll()
    lastStack.removeAll()
    failedStack = nil
    journal.removeAll()
    operationStart = 0
  }

  func isCleaned(_ phys: UInt64) -> Bool { cleaned.contains { $0.contains(phys) } }
}
