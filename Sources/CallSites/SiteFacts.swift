// SPDX-License-Identifier: GPL-2.0-only

/// What one file shows about a mapping call, in the words of the rules that judge it.
public struct SiteFacts: Sendable, Codable, Hashable {
  public enum Fact: String, Sendable, Codable, CaseIterable {
    case unparsed = "unparsed"
    case scatterlist = "a scatterlist"
    /// Pages, kernel memory, or a physical address.
    case buffer = "a buffer"
    /// The list is built from pages, in the same file.
    case builtFromPages = "built from pages"
    /// The list has a single entry.
    case oneEntry = "one entry"
    /// A subsystem gets the mapped list, and takes nothing else.
    case handedOn = "handed on"
    /// The function returns the list.
    case returned
    /// Its addresses are read out in the same function.
    case walkedAfterwards = "walked afterwards"
    case foundByHMM = "found by hmm_range_fault"
    case inLoop = "in a loop"
    /// The memory is a network packet's.
    case packet = "a packet"
    /// Of a call that is in no loop.
    case pageAllocatedHere = "a page allocated here"
    case allocatedInLoop = "allocated in the loop"
    /// A loop's fresh buffers are kept in no array, go round a ring, or are unmapped outside loops.
    case comesAndGoesAlone = "comes and goes alone"
    case roundARing = "round a ring"
    case keptInAnArray = "kept in an array"
    case anotherBufferEachTime = "another buffer each time"
    /// A loop maps the entries of an array and keeps an address each.
    case arrayIsMapped = "an array is mapped"
    case unmappedInALoop = "unmapped in a loop"
    /// Another function unmaps single ones.
    case unmappedOneByOne = "unmapped one by one"
    case syncedOneByOne = "synced one by one"
    /// The addresses are what another IOMMU is told to translate to.
    case mappedAgain = "mapped again by an IOMMU of its own"
    case onTheStack = "on the stack"
    /// Mapped as pages, not by a kernel address.
    case pages = "pages"
    /// The size is a multiple of 4 KiB, and each starts where a page does.
    case wholePages = "whole pages"
  }

  public var facts: Set<Fact>
  /// Names for sentences: `builder`, `walker`, `receiver`, `allocator`.
  public var words: [String: String]

  public init(_ facts: Set<Fact>, words: [String: String] = [:]) {
    self.facts = facts
    self.words = words
  }
}
