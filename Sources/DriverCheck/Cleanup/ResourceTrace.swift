// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// What a run has taken and given back, function by function.
struct ResourceTrace {
  /// A function of the file that took something, or in which something was taken, has returned.
  struct Exit {
    var function: String
    /// Which call of the function it is, in the order of their beginnings.
    var invocation: Int
    /// Of the return.
    var site: Site
    var result: UInt64?
    /// The last call of the function that failed; none for none.
    var failed: Site
    /// What was taken since the function began, by number of ``Taken``, and is held no more.
    var returned: [Int] = []
    var held: [Int] = []
  }

  /// Something that was taken.
  struct Taken {
    var pair: Int
    var name: String
    var site: Site
    var key: UInt64
    /// What the call returned: a reference is handed on as that.
    var result: UInt64
    /// Where it was given back.
    var returned: Site?
    /// Code that is not executed may give it back.
    var isHandedOn = false
  }

  private(set) var exits: [Exit] = []
  private(set) var taken: [Taken] = []

  private struct Frame {
    var name: String
    var isOwn: Bool
    var firstTaken: Int
    var invocation: Int
    var failed = Site.none
    /// Arguments and place of the call, of a function that takes something.
    var arguments: [UInt64]
    var site: Site
  }

  private var frames: [Frame] = []
  private var invocations = 0
  /// Frames of functions in the table: what they do inside is their own affair.
  private var depthInTable = 0

  init(_ events: [TraceEvent], _ unit: CUnit, own: Set<String>) {
    for event in events where event.function.index >= 0 {
      let declaration = unit[event.function]
      guard declaration.kind == .function else { continue }
      follow(event, declaration.name, isOwn: own.contains(declaration.name))
    }
  }

  private mutating func follow(_ event: TraceEvent, _ name: String, isOwn: Bool) {
    switch event.kind {
    case .enter:
      frames.append(
        Frame(
          name: name,
          isOwn: isOwn,
          firstTaken: taken.count,
          invocation: invocations,
          arguments: event.arguments,
          site: event.site
        )
      )
      invocations += 1
      if isInTable(name) { depthInTable += 1 }
    case .leave:
      guard let frame = frames.popLast() else { return }
      if isInTable(frame.name) { depthInTable -= 1 }
      if frame.isOwn {
        leave(frame, event)
      } else {
        call(frame.name, frame.arguments, event.result, frame.site)
      }
      noteFailure(event.result, frame.site)
    case .outside:
      call(name, event.arguments, event.result, event.site)
      noteFailure(event.result, event.site)
    }
  }

  private func isInTable(_ name: String) -> Bool {
    ResourcePair.taken[name] != nil || ResourcePair.returned[name] != nil
  }

  private mutating func noteFailure(_ result: UInt64?, _ site: Site) {
    guard let result, Self.isFailure(result), !frames.isEmpty, frames[frames.count - 1].isOwn
    else { return }
    frames[frames.count - 1].failed = site
  }

  /// An error or an error pointer; what NULL and zero mean depends.
  static func isFailure(_ result: UInt64) -> Bool {
    let number = Int64(bitPattern: result)
    let narrow = Int32(truncatingIfNeeded: result)
    return result == 0 || (number < 0 && number >= -4095)
      || (result >> 32 == 0 && narrow < 0 && narrow >= -4095)
  }

  private mutating func call(
    _ name: String,
    _ arguments: [UInt64],
    _ result: UInt64?,
    _ site: Site
  ) {
    guard depthInTable == 0 else { return }
    let own = frames.last?.isOwn == false ? frames.last { !$0.isOwn }?.site ?? site : site
    if let number = ResourcePair.taken[name] {
      let pair = ResourcePair.table[number]
      guard pair.hasTaken(result) else { return }
      taken.append(
        Taken(
          pair: number,
          name: name,
          site: own,
          key: key(pair.key, arguments, result),
          result: result ?? 0
        )
      )
    } else if let numbers = ResourcePair.returned[name] {
      for number in numbers {
        let place = ResourcePair.table[number].returned
        let key = place.map { $0 < arguments.count ? arguments[$0] : 0 } ?? 0
        let last = taken.lastIndex {
          $0.pair == number && $0.returned == nil
            && ($0.key == key || ($0.result == key && key > Self.lastNumber))
        }
        if let last {
          taken[last].returned = own
          return
        }
      }
    } else if MappingRoles.managesResources(name)
      || (result == nil && MappingRoles.soundsLikeTeardown(name))
    {
      guard !MappingRoles.unmapping.contains(name), !Self.ownersOfMemory.contains(name) else {
        return
      }
      for index in taken.indices where !ResourcePair.table[taken[index].pair].isLock {
        taken[index].isHandedOn = true
      }
    }
  }

  /// Below it lie numbers, above it addresses.
  private static let lastNumber: UInt64 = 1 << 32

  /// Functions that sound like an end, and give back nothing but what they are given.
  private static let ownersOfMemory: Set<String> = [
    "kfree", "kvfree", "vfree", "kfree_sensitive", "__free_pages", "free_pages", "put_page",
    "kmem_cache_free", "mempool_free", "sg_free_table", "unpin_user_pages", "complete", "list_del",
    "set_bit", "clear_bit", "dev_kfree_skb_any",
  ]

  private func key(_ key: ResourcePair.Key, _ arguments: [UInt64], _ result: UInt64?) -> UInt64 {
    switch key {
    case .argument(let index): index < arguments.count ? arguments[index] : 0
    case .result: result ?? 0
    case .none: 0
    }
  }

  private mutating func leave(_ frame: Frame, _ event: TraceEvent) {
    guard frame.firstTaken < taken.count else { return }
    var exit = Exit(
      function: frame.name,
      invocation: frame.invocation,
      site: event.site,
      result: event.result,
      failed: frame.failed
    )
    for number in frame.firstTaken..<taken.count {
      if taken[number].returned != nil {
        exit.returned.append(number)
      } else if !taken[number].isHandedOn {
        exit.held.append(number)
      }
    }
    exits.append(exit)
  }
}
