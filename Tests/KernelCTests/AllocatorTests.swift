// SPDX-License-Identifier: GPL-2.0-only

import KernelC
import Testing

/// Memory that gets another size.
@Suite struct AllocatorTests {
  private static let head = """
    void *kvrealloc_noprof(const void *, unsigned long, unsigned int);
    void kvfree(const void *);

    """

  private func value(_ text: String, script: [Int] = []) throws -> UInt64? {
    try outcome(Self.head + text, script: script).get()
  }

  private static let grown = """
    unsigned long f(void) {
      unsigned int *a = kvrealloc_noprof((void *)0, 8, 0), *b;
      unsigned long sum;
      if (!a) return 1;
      a[0] = 3; a[1] = 4;
      b = kvrealloc_noprof(a, 16, 0);
      if (!b) { sum = a[0] * 10 + a[1]; kvfree(a); return sum; }
      b[3] = 5;
      sum = b[0] * 100 + b[1] * 10 + b[3];
      kvfree(b);
      return sum;
    }
    """

  @Test func memoryKeepsWhatItHeldWhenItGrows() throws {
    #expect(try value(Self.grown) == 345)
    #expect(try value(Self.grown, script: [1]) == 1)
    #expect(try value(Self.grown, script: [0, 1]) == 34)
    let freed = Self.grown.replacing("b[3] = 5;", with: "a[0] = 5;")
    guard case .failure(let stop) = try outcome(Self.head + freed) else {
      Issue.record("memory that has grown is still there")
      return
    }
    #expect(stop.reason == .fault(.useAfterFree), "\(stop)")
  }

  /// Memory that is made to have no bytes is none, as if it had been allocated so.
  @Test func memoryThatShrinksToNothingIsNone() throws {
    let shrunk = """
      char f(void)
      {
        char *a = kvrealloc_noprof((void *)0, 8, 0);
        a = kvrealloc_noprof(a, 0, 0);
        return *a;
      }
      """
    guard case .failure(let stop) = try outcome(Self.head + shrunk) else {
      Issue.record("memory of no bytes is read")
      return
    }
    #expect(stop.reason == .fault(.zeroSized), "\(stop)")
  }

  /// How many elements an input array has only its owner knows.
  @Test func anInputOfUnknownSizeKeepsWhatItsOwnerSays() throws {
    let lowered = try Lowered(
      Self.head
        + """
        struct s { unsigned int n; };
        unsigned long f(struct s *p)
        {
          p = kvrealloc_noprof(p, 256, 0);
          return p ? p[40].n : 1;
        }
        """
    )
    let host = PlainHost()
    host.integers = ["s.n": 7]
    let interpreter = Interpreter(lowered.program, host: host)
    let object = try interpreter.makeInput(named: "s", name: "s")
    #expect(try interpreter.call("f", [object]) == 7)
  }
}
