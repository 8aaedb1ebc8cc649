// SPDX-License-Identifier: GPL-2.0-only

/// A place in the program: function and instruction.
public struct Site: Hashable, Sendable {
  var function: Int32
  var instruction: Int32

  public static let none = Site(function: -1, instruction: -1)
}

/// What an object is, as far as its misuse has to be named.
public enum ObjectKind: UInt8, Sendable {
  case stack
  case heap
  case pages
  case vmalloc
  case global
  case readOnly
  /// An input: what a caller passed, or what an input points to.
  case input
}

/// One allocation: bytes, and for each byte whether it has a value.
struct MemoryObject {
  var bytes: UnsafeMutablePointer<UInt8>
  /// What is known of each byte: ``Memory/undefined``, ``Memory/defined`` and the others.
  var mask: UnsafeMutablePointer<UInt8>
  var size: Int
  /// Bytes before ``bytes`` that belong to the object as well: what encloses an input.
  var lead = 0
  var kind: ObjectKind
  var isLive = true { didSet { isPlain = isLive && !isWatched } }
  /// Somebody wants to know of accesses to it.
  var isWatched = false { didSet { isPlain = isLive && !isWatched } }
  /// Live and not watched, so that an access needs no second look.
  private(set) var isPlain = true
  /// Nobody knows how large an input really is; an access past its end proves nothing.
  var isUnbounded = false
  /// A pointer to it went to code that is not executed, which may keep or free it.
  var hasEscaped = false
  /// Bytes without a value may have been copied into it, or zeroed ones stand in it.
  var holdsCopies = false
  /// The device writes it when it likes: bytes that are marked as symbolic keep what they had, as the
  /// ordinary one of the values that they may have now.
  var isOfDevice = false
  /// Of an input: a `void *` led to it, so that only accesses say what it is.
  var isUntyped = false
  /// Of an input: it lies in the vmalloc area, where neighbours need not be so for a device. Nil
  /// where nobody has asked.
  var isVmalloc: Bool?
  /// It lies in the vmalloc area, as far as anybody has asked.
  var liesInVmalloc: Bool { isVmalloc == true || kind == .vmalloc }
  /// Code that is not executed made it: its members are set, and nobody knows to what.
  var isFilledIn = false
  /// Of pages: `struct page` reference count.
  var references: Int32 = 1
  var allocated: Site
  var freed: Site = .none
  /// What it is, for messages: the variable or the allocating function.
  var name: String
  /// Of an input: how it is reached from the arguments, the same in every run that reads it.
  var path = ""
  /// The object that holds the `struct page`s of this one; zero for none yet.
  var pageStructs: Int32 = 0
}
