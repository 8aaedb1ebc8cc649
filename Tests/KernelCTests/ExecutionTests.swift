// SPDX-License-Identifier: GPL-2.0-only

import KernelC
import Testing

@Suite struct ExecutionTests {
  /// Each of these is undefined or ends the kernel, and is named as such.
  static let faults: [(ExecutionStop.Fault, String)] = [
    (.outOfBounds, "int f(void) { int a[3] = { 0 }; int i = 3; return a[i]; }"),
    (.outOfBounds, "int f(void) { int a[3]; int *p = a; p[-1] = 1; return 0; }"),
    (
      .outOfBounds,
      "void *kmalloc(unsigned long, unsigned); int f(void) "
        + "{ char *p = kmalloc(8, 0); p[8] = 1; return 0; }"
    ),
    (
      .outOfBounds,
      "struct s { int a[2]; }; int f(void) { struct s s = { 0 }; long n = 1L << 20;"
        + " return *(int *)((char *)&s + n / 1024); }"
    ),
    (.nullDereference, "struct s { int a, b; }; int f(void) { struct s *p = 0; return p->b; }"),
    (.wildAccess, "int f(void) { int *p = (int *)-12L; return *p; }"),
    (.wildAccess, "int f(void) { int *p = (int *)0x1234567800; return *p; }"),
    (.wildAccess, "int f(void) { char *p = \"const\"; p[0] = 1; return 0; }"),
    (
      .useAfterFree,
      "void *kmalloc(unsigned long, unsigned); void kfree(void *); int f(void) "
        + "{ int *p = kmalloc(8, 0x100); kfree(p); return *p; }"
    ),
    (
      .useAfterFree,
      "static int *g(void) { int x = 3, *p = &x; return p; } "
        + "int f(void) { return *g(); }"
    ),
    (
      .doubleFree,
      "void *kmalloc(unsigned long, unsigned); void kfree(void *); int f(void) "
        + "{ int *p = kmalloc(8, 0); kfree(p); kfree(p); return 0; }"
    ),
    (
      .invalidFree,
      "void *kmalloc(unsigned long, unsigned); void kfree(void *); int f(void) "
        + "{ int *p = kmalloc(8, 0); kfree(p + 1); return 0; }"
    ),
    (.uninitialisedRead, "int f(void) { int x; return x; }"),
    (.uninitialisedRead, "int f(int n) { int a[2]; a[0] = 1; return a[1 - n]; }"),
    (
      .uninitialisedRead,
      "void *kmalloc(unsigned long, unsigned); int f(void) "
        + "{ int *p = kmalloc(8, 0); return p[1]; }"
    ),
    (.divisionByZero, "int f(int n) { return 3 / n; }"),
    (.bug, "int f(int n) { if (!n) __builtin_unreachable(); return 1; }"),
    (
      .doubleFree,
      "struct page { long f[8]; }; struct page *alloc_pages(unsigned, unsigned); "
        + "void put_page(struct page *); int f(void) { struct page *p = alloc_pages(0, 0); "
        + "put_page(p); put_page(p); return 0; }"
    ),
  ]

  @Test(arguments: faults.indices) func fault(_ index: Int) throws {
    let (wanted, text) = Self.faults[index]
    guard case .failure(let stop) = try outcome(text, [0]) else {
      Issue.record("no fault in \(text)")
      return
    }
    #expect(stop.reason == .fault(wanted), "\(stop.message): \(text)")
  }

  /// Neighbours of the faults above that are right.
  static let values: [(UInt64, String)] = [
    (0, "int f(void) { int a[3] = { 0 }; int *end = a + 3; return end - a == 3 ? 0 : 1; }"),
    (
      7,
      "struct s { int a; int b; }; int f(void) { struct s s; s.a = 7; struct s t = s; "
        + "return t.a; }"
    ),
    (5, "int g(int *); int f(void) { int a, b; a = 5; b = a; return b; }"),
    (
      1,
      "void *kmalloc(unsigned long, unsigned); void kfree(void *); int f(void) "
        + "{ int *p = kmalloc(8, 0); p[1] = 1; int v = p[1]; kfree(p); kfree(0); return v; }"
    ),
    (
      3,
      "static void put(int *p) { *p += 0; } int f(void) "
        + "{ int v __attribute__((cleanup(put))) = 3; return v; }"
    ),
    (
      0x21,
      "static int log; static void one(int *p) { log = log << 4 | *p; } int f(void) "
        + "{ { int a __attribute__((cleanup(one))) = 1; int b __attribute__((cleanup(one))) = 2; } "
        + "return log; }"
    ),
    (
      13,
      "static int log; static void one(int *p) { log += *p; } int f(void) "
        + "{ for (int i = 0; i < 9; i++) { int a __attribute__((cleanup(one))) = i; "
        + "if (i == 2) continue; if (i == 4) goto out; a++; } out: return log; }"
    ),
    (
      42,
      "static int sum(int n, ...) { __builtin_va_list l; int s = 0; __builtin_va_start(l, n); "
        + "while (n--) s += __builtin_va_arg(l, int); __builtin_va_end(l); return s; } "
        + "int f(void) { return sum(3, 20, 25, -3); }"
    ),
    (1, "int f(void) { unsigned char r; return __builtin_add_overflow(200, 100, &r); }"),
    (44, "int f(void) { unsigned char r; __builtin_add_overflow(200, 100, &r); return r; }"),
    (0, "int f(void) { long r; return __builtin_mul_overflow(1L << 31, 1 << 30, &r); }"),
    (
      2,
      "struct list { struct list *next; }; static struct list head = { &head }; "
        + "int f(void) { struct list a = { &head }; head.next = &a; int n = 0; "
        + "struct list *p = &head; do { n++; p = p->next; } while (p != &head); return n; }"
    ),
    (
      9,
      "static int count(void) { static int n = 7; return ++n; } "
        + "int f(void) { count(); return count(); }"
    ),
    (
      4,
      "struct s { int n; char tail[]; }; void *kmalloc(unsigned long, unsigned); int f(void) "
        + "{ struct s *s = kmalloc(sizeof(*s) + 4, 0); s->tail[3] = 4; return s->tail[3]; }"
    ),
  ]

  @Test(arguments: values.indices) func value(_ index: Int) throws {
    let (wanted, text) = Self.values[index]
    #expect(try outcome(text).get() == wanted, "\(text)")
  }

  /// The forms of assembly that headers of x86 have for the processor's own variables and for
  /// exchanges, recognised by the names of their macros' variables.
  static let assembly: [(UInt64, String)] = [
    (
      7,
      "int own = 7; int f(void) { int pfo_val__; asm(\"movl %1, %0\" : \"=r\"(pfo_val__) : "
        + "\"m\"(own)); return pfo_val__; }"
    ),
    (
      59,
      "int f(void) { int v = 5, *p = &v; int __ret = 9; asm(\"xchgl %0, %1\" : \"+r\"(__ret), "
        + "\"+m\"(*p)); return __ret * 10 + v; }"
    ),
    (
      59,
      "int f(void) { int v = 5, *p = &v; int __ret, __old = 5, __new = 9; asm(\"cmpxchgl %2, %1\" "
        + ": \"=a\"(__ret), \"+m\"(*p) : \"r\"(__new), \"0\"(__old)); return __ret * 10 + v; }"
    ),
    (
      55,
      "int f(void) { int v = 5, *p = &v; int __ret, __old = 4, __new = 9; asm(\"cmpxchgl %2, %1\" "
        + ": \"=a\"(__ret), \"+m\"(*p) : \"r\"(__new), \"0\"(__old)); return __ret * 10 + v; }"
    ),
    (
      3,
      "int f(void) { int v = 5, *p = &v; asm(\"incl %0\" : \"+m\"(*p)); return 3; }"
    ),
  ]

  @Test(arguments: assembly.indices) func assemblyWithAMeaningIsExecuted(_ index: Int) throws {
    let (wanted, text) = Self.assembly[index]
    #expect(try outcome(text).get() == wanted, "\(text)")
  }

  @Test func endlessLoopsAndRecursionEnd() throws {
    for text in ["int f(void) { for (;;) ; }", "int f(void) { return f() + 1; }"] {
      guard case .failure(let stop) = try outcome(text) else {
        Issue.record("it ended: \(text)")
        return
      }
      #expect(stop.reason == .budget)
    }
  }

  /// One that cannot even be added to an offset.
  @Test func aSizeThatIsLargerThanAnyObjectIsAFault() throws {
    let text = """
      void *memset(void *, int, unsigned long);
      char f(void) { char a[8]; memset(a + 4, 0, -1UL); return a[0]; }
      """
    guard case .failure(let stop) = try outcome(text) else {
      Issue.record("it was written")
      return
    }
    #expect(stop.reason == .fault(.outOfBounds), "\(stop)")
  }

  @Test func whatCannotBeExecutedIsNamed() throws {
    for (text, wanted) in [
      (
        "int f(int n) { int r; asm(\"mov %1, %0\" : \"=r\"(r) : \"r\"(n)); return r; }",
        "inline assembly"
      ),
      ("int f(int n) { double d = n; return d * 2; }", "a variable of type double"),
      (
        "__int128 g(void); int f(int n) { return ((__int128)n << 70) > 3; }",
        "arithmetic in __int128"
      ),
    ] {
      guard case .failure(let stop) = try outcome(text, [1]) else {
        Issue.record("it ran: \(text)")
        return
      }
      #expect(
        stop.reason == .unsupported && stop.message.hasPrefix(wanted),
        "\(stop.message): \(text)"
      )
    }
  }

  @Test func allocationsAreMadeToFailByTheHost() throws {
    let text = """
      void *kmalloc(unsigned long, unsigned);
      int f(void) { void *a = kmalloc(4, 0), *b = kmalloc(4, 0); return !a + 2 * !b; }
      """
    #expect(try outcome(text, script: [0, 0]).get() == 0)
    #expect(try outcome(text, script: [1, 0]).get() == 1)
    #expect(try outcome(text, script: [0, 1]).get() == 2)
  }

  /// In a register as in memory, and as its type extends it.
  @Test(arguments: [
    (UInt64(0xa5a5_a5a5), "unsigned long f(void) { unsigned x; return x; }"),
    (0xffff_a5a5, "unsigned f(void) { short x; return x; }"),
    (0xa5a5_a5a5, "unsigned long f(void) { unsigned x, *p = &x; return *p; }"),
  ])
  func allBytesOfWhatIsNotSetAreFilled(_ wanted: UInt64, _ text: String) throws {
    let host = PlainHost()
    let interpreter = Interpreter(try Lowered(text).program, host: host)
    interpreter.filler = 0xa5
    let result = try withExtendedLifetime(host) { try interpreter.call("f", []) }
    #expect(result == wanted, "\(text)")
  }

  /// Bit-fields of one byte are inputs of their own, whichever is read or written first.
  @Test func bitFieldsThatShareAByteAreInputs() throws {
    let lowered = try Lowered(
      "struct s { unsigned a:3, b:5, c:6, d:2; }; unsigned f(struct s *p) "
        + "{ unsigned b = p->b; p->c = 33; return p->a + 10 * b + 1000 * p->d + 10000 * p->c; }"
    )
    let host = PlainHost()
    host.integers = ["s.a": 5, "s.b": 19, "s.c": 1, "s.d": 2]
    let interpreter = Interpreter(lowered.program, host: host)
    let object = try interpreter.makeInput(named: "s", name: "s")
    #expect(try interpreter.call("f", [object]) == 332195)
  }

  /// Each entry of which is made when it is reached.
  @Test func aListOfInputsEnds() throws {
    let lowered = try Lowered(
      "struct s { struct s *next, *other; }; int f(struct s *p, struct s *q) "
        + "{ int n = 0; for (; p; p = p->next) n += p->other ? 1 : 100; "
        + "for (; q; q = q->next) n += 10; return n; }"
    )
    let host = PlainHost()
    let interpreter = Interpreter(lowered.program, host: host)
    let lists = try ["p", "q"].map { try interpreter.makeInput(named: "s", name: $0) }
    let counts = try withExtendedLifetime(host) {
      try (0..<2).map { _ in try interpreter.call("f", lists) }
    }
    #expect(counts == [99, 99])
  }
}
