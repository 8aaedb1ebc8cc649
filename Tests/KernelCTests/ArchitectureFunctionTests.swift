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
}
