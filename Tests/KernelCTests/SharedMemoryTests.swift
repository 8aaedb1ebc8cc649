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
