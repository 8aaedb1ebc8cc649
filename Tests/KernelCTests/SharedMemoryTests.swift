// SPDX-License-Identifier: GPL-2.0-only

import KernelC
import Testing

/// Memory that the device may write while the code does not look.
@Suite struct SharedMemoryTests {
  private static let text = """
    struct desc { unsigned int status, length; struct desc *next; unsigned int state : 4, rest : 28; };
    void fill(struct desc *d)
    {
      d->status = 5;
      d->length = 64;
      d->next = d;
      d->state = 3;
      d->rest = 7;
    }
    unsigned int status(struct desc *d) { return d->status; }
    unsigned int length(struct desc *d) { return d->length; }
    struct desc *next(struct desc *d) { return d->next; }
    unsigned int state(struct desc *d) { return d->state; }
    void change(struct desc *d) { d->state = 9; }
    unsigned int rest(struct desc *d) { return d->rest; }
    void take(struct desc *to, struct desc *from) { *to = *from; }
    unsigned long copy_from_user(void *, const void *, unsigned long);
    unsigned long copy_to_user(void *, const void *, unsigned long);
    unsigned int refilled(struct desc *input, void *user)
    {
      struct desc local = *input;
      copy_from_user(&local.status, user, sizeof(local.status));
      return local.status * 100 + local.length;
    }
    void give(void *user, void *from, unsigned long size) { copy_to_user(user, from, size); }
    void *kmalloc(unsigned long, unsigned int);
    struct desc *make(void) { return kmalloc(sizeof(struct desc), 0); }
    """

  /// Words are inputs from then on, and those that the code writes itself are its own again; pointers
  /// and what is to be kept stay, and so do bit-fields, of which nothing is known.
  @Test func whatTheDeviceMayWriteIsAnInput() throws {
    let lowered = try Lowered(Self.text)
    let host = PlainHost()
    host.integers = ["desc.status": 9, "desc.length": 9, "desc.state": 1, "desc.rest": 1]
    let interpreter = Interpreter(lowered.program, host: host)
    let desc = try interpreter.makeZeroed(bytes: 24, name: "descriptor")
    _ = try interpreter.call("fill", [desc])
    #expect(interpreter.valueBefore(desc, 4) == nil)
    interpreter.mayChange(desc, 24) { $0 == 64 }
    #expect(interpreter.valueBefore(desc, 4) == 5)
    #expect(try interpreter.call("status", [desc]) == 9)
    #expect(try interpreter.call("length", [desc]) == 64)
    #expect(try interpreter.call("next", [desc]) == desc)
    #expect(try interpreter.call("state", [desc]) == 3)
    _ = try interpreter.call("change", [desc])
    #expect(try interpreter.call("state", [desc]) == 9)
    #expect(try interpreter.call("rest", [desc]) == 7)
    _ = try interpreter.call("fill", [desc])
    #expect(try interpreter.call("status", [desc]) == 5)
  }

  /// A size that is larger than any object ends where the object does.
  @Test func aRangeEndsWithItsObject() throws {
    let host = PlainHost()
    host.integers = ["desc.status": 9, "desc.length": 9]
    let interpreter = Interpreter(try Lowered(Self.text).program, host: host)
    let desc = try interpreter.makeZeroed(bytes: 24, name: "descriptor")
    _ = try interpreter.call("fill", [desc])
    interpreter.writtenByDevice(desc + 4, .max)
    #expect(try interpreter.call("length", [desc]) == 64)
    interpreter.writtenAnew(desc + 4, .max)
    #expect(try interpreter.call("length", [desc]) == 9)
    #expect(try interpreter.call("status", [desc]) == 5)
    _ = try interpreter.call("fill", [desc])
    interpreter.mayChange(desc + 4, .max) { _ in false }
    #expect(try interpreter.call("length", [desc]) == 9)
    #expect(try interpreter.call("status", [desc]) == 5)
    interpreter.writtenAnew(desc + 24, .max)
    interpreter.mayChange(desc + 24, .max) { _ in false }
    #expect(try interpreter.call("status", [desc]) == 5)
  }

  /// What the device writes over a copy of an input is no copy of it any more.
  @Test func whatTheDeviceHasWrittenIsNoCopy() throws {
    let host = PlainHost()
    host.integers = ["desc.status": 5]
    let interpreter = Interpreter(try Lowered(Self.text).program, host: host)
    let input = try interpreter.makeInput(named: "desc", name: "desc")
    let desc = try interpreter.makeZeroed(bytes: 24, name: "descriptor")
    _ = try interpreter.call("take", [desc, input])
    #expect(try interpreter.call("status", [input]) == 5)
    host.integers = ["desc.status": 9]
    interpreter.writtenAnew(desc, 24)
    #expect(try interpreter.call("status", [desc]) == 9)
    #expect(try interpreter.call("status", [input]) == 5)
  }

  /// What a user writes over a part of a copy is no copy any more, and the rest is one still.
  @Test func whatAUserHasWrittenIsNoCopy() throws {
    let host = PlainHost()
    host.integers = ["desc.status": 5]
    let interpreter = Interpreter(try Lowered(Self.text).program, host: host)
    let input = try interpreter.makeInput(named: "desc", name: "desc")
    #expect(try interpreter.call("status", [input]) == 5)
    host.integers = ["desc.status": 9, "desc.length": 64]
    #expect(try interpreter.call("refilled", [input, 0]) == 964)
    host.integers = ["desc.status": 9, "desc.length": 32]
    #expect(try interpreter.call("status", [input]) == 5)
    #expect(try interpreter.call("length", [input]) == 64)
  }

  /// No device knows the pointers of the kernel, whatever its memory is copied to.
  @Test func aPointerOfTheDeviceStaysWhatItWasInACopy() throws {
    let host = PlainHost()
    host.integers = ["desc.status": 9]
    let interpreter = Interpreter(try Lowered(Self.text).program, host: host)
    let desc = try interpreter.makeZeroed(bytes: 24, name: "descriptor")
    let copy = try interpreter.makeZeroed(bytes: 24, name: "copy")
    interpreter.mayChange(desc, 24) { _ in false }
    _ = try interpreter.call("take", [copy, desc])
    #expect(try interpreter.call("next", [copy]) == 0)
    #expect(try interpreter.call("next", [desc]) == 0)
    #expect(try interpreter.call("status", [copy]) == 9)
  }

  /// Members and bit-fields that other functions have set are inputs; others have no value.
  @Test func whatIsSetElsewhereIsAnInput() throws {
    let host = PlainHost()
    host.integers = ["desc.length": 64, "desc.state": 3]
    host.membersSetElsewhere = [1, 3]
    let interpreter = Interpreter(try Lowered(Self.text).program, host: host)
    let made = try interpreter.call("make", [])
    let desc = try #require(made)
    #expect(try interpreter.call("length", [desc]) == 64)
    #expect(try interpreter.call("state", [desc]) == 3)
    let madeNext = try interpreter.call("make", [])
    let other = try #require(madeNext)
    for function in ["status", "next", "rest"] {
      let stop = #expect(throws: ExecutionStop.self) { try interpreter.call(function, [other]) }
      #expect(stop?.reason == .fault(.uninitialisedRead), "\(function)")
    }
  }

  /// A size that is larger than the object reads that one alone.
  @Test func aReadForAUserEndsWithItsObject() throws {
    let host = PlainHost()
    let interpreter = Interpreter(try Lowered(Self.text).program, host: host)
    let first = try interpreter.makeZeroed(bytes: 24, name: "first")
    let second = try interpreter.makeZeroed(bytes: 24, name: "second")
    for object in [first, second] { interpreter.watch(object) }
    _ = try interpreter.call("give", [0, first + 8, .max])
    #expect(host.reads == [ReadRange(address: first + 8, count: 16)])
  }

  /// Where one of unknown size ends nobody knows, but the next object is none of it.
  @Test func aReadForAUserOfAnInputEndsBeforeTheNextObject() throws {
    let host = PlainHost()
    let interpreter = Interpreter(try Lowered(Self.text).program, host: host)
    let first = try interpreter.makeInput(named: "desc", name: "desc")
    let second = try interpreter.makeZeroed(bytes: 24, name: "second")
    interpreter.watch(first)
    for size in [1 << 16, .max] as [UInt64] { _ = try interpreter.call("give", [0, first, size]) }
    #expect(host.reads.map(\.address) == [first, first])
    #expect(host.reads.first?.count == 1 << 16)
    #expect(host.reads.allSatisfy { $0.address + UInt64($0.count) <= second })
  }

  /// What is known by name is read as the code reads it, and nothing else.
  @Test func aMemberIsFoundByItsName() throws {
    let interpreter = Interpreter(try Lowered(Self.text).program, host: PlainHost())
    let desc = try interpreter.makeZeroed(bytes: 24, name: "descriptor")
    _ = try interpreter.call("fill", [desc])
    #expect(try interpreter.value(ofMember: "length", of: "desc", at: desc) == 64)
    #expect(try interpreter.value(ofMember: "width", of: "desc", at: desc) == nil)
    #expect(try interpreter.value(ofMember: "length", of: "other", at: desc) == nil)
  }
}
