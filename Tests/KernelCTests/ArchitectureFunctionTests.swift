// SPDX-License-Identifier: GPL-2.0-only

import KernelC
import Testing

/// Functions whose bodies are assembly of one architecture, on memory.
@Suite struct ArchitectureFunctionTests {
  private static let text = """
    typedef unsigned char u8;
    typedef unsigned short u16;
    typedef unsigned int u32;
    typedef unsigned long u64;
    void *kmalloc(unsigned long, unsigned int);
    void out_le32(u32 *, u32); u32 in_le32(u32 *); u32 in_be32(u32 *); u8 in_8(u8 *);
    u64 powerpc(u32 value)
    {
      u32 *word = kmalloc(4, 0);
      out_le32(word, value);
      return in_be32(word) | (u64)in_8((u8 *)word) << 32;
    }
    u64 __xchg_case_mb_64(u64, void *);
    u32 __cmpxchg_case_acq_32(void *, u32, u32);
    u64 arm(u64 value, u32 old, u32 new)
    {
      u64 *word = kmalloc(8, 0);
      *word = 0x1122334455667788;
      if (__xchg_case_mb_64(value, word) != 0x1122334455667788) return 0;
      if (__cmpxchg_case_acq_32(word, old, new) != (u32)value) return 1;
      return *word;
    }
    typedef struct { struct { long counter; } a; } local_t;
    void local_inc(local_t *); void local_add(long, local_t *); void local_sub(long, local_t *);
    long local(void)
    {
      local_t *count = kmalloc(sizeof(local_t), 0);
      count->a.counter = -1;
      local_inc(count);
      local_add(0x100000000, count);
      local_sub(1, count);
      return count->a.counter;
    }
    """

  private func call(_ name: String, _ arguments: UInt64...) throws -> UInt64? {
    let host = PlainHost()
    return try withExtendedLifetime(host) {
      try Interpreter(try Lowered(Self.text).program, host: host).call(name, arguments)
    }
  }

  @Test func accessorsOfPowerPC() throws {
    #expect(try call("powerpc", 0x1122_3344) == 0x44_4433_2211)
  }

  @Test func exchangesOfARM() throws {
    #expect(try call("arm", 0xAABB_CCDD_EEFF_0011, 0xEEFF_0011, 7) == 0xAABB_CCDD_0000_0007)
    #expect(try call("arm", 0xAABB_CCDD_EEFF_0011, 5, 7) == 0xAABB_CCDD_EEFF_0011)
  }

  @Test func countersOfOneProcessor() throws {
    #expect(try call("local") == 0xFFFF_FFFF)
  }

  /// Takes note of the accessors that write.
  private final class WritingHost: InterpreterHost {
    var writers: [String] = []

    func wroteRegister(_ call: OutsideCall) { writers.append(call.callee.name) }
    func builtin(_ name: String) -> Builtin? { nil }
    func call(unknown call: OutsideCall) throws(ExecutionStop) -> UInt64 { 0 }
    func choose(_ choices: Int, _ what: String, _ site: Site) -> Int { 0 }
    func register(_ call: OutsideCall) -> UInt64 { 0 }
    func integer(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64 { 0 }
    func isNull(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> Bool { false }
  }

  @Test func whatWritesARegisterIsTold() throws {
    let lowered = try Lowered(
      """
      unsigned readl(void *); void writew_relaxed(int, void *); void iowrite64be(long, void *);
      void __raw_writesl(void *, void *, int); void ioread8_rep(void *, void *, long);
      void memset_io(void *, int, long); void memcpy_fromio(void *, void *, long);
      void outb(int, long); int inb(long); void out_be16(void *, int); int in_8(void *);
      int f(void *regs)
      {
        writew_relaxed(1, regs); iowrite64be(1, regs); __raw_writesl(regs, regs, 1);
        memset_io(regs, 0, 1); outb(1, 8); out_be16(regs, 1);
        ioread8_rep(regs, regs, 1); memcpy_fromio(regs, regs, 1);
        return readl(regs) + inb(8) + in_8(regs);
      }
      """
    )
    let host = WritingHost()
    let interpreter = Interpreter(lowered.program, host: host)
    #expect(try withExtendedLifetime(host) { try interpreter.call("f", [0x100]) } == 0)
    #expect(
      host.writers == [
        "writew_relaxed", "iowrite64be", "__raw_writesl", "memset_io", "outb", "out_be16",
      ]
    )
  }
}
