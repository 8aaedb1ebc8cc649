// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import KernelC
import Testing

/// What C and its GNU dialect offer, one function each: the interpreter and the machine agree.
@Suite(.enabled(if: NativeCompiler.path != nil, "no C compiler on this machine"))
struct LanguageTests {
  private static let head = """
    typedef unsigned char u8; typedef unsigned int u32; typedef unsigned long u64;
    typedef long s64; typedef _Bool bool;
    #define NULL ((void *)0)
    #define container_of(p, type, member) \\
    	((type *)((char *)(p) - __builtin_offsetof(type, member)))
    #define min(a, b) ({ typeof(a) _x = (a); typeof(b) _y = (b); _x < _y ? _x : _y; })
    struct list_head { struct list_head *next, *prev; };
    static void init_list(struct list_head *l) { l->next = l->prev = l; }
    static void add_tail(struct list_head *n, struct list_head *h)
    { n->prev = h->prev; n->next = h; h->prev->next = n; h->prev = n; }
    static void del(struct list_head *n) { n->prev->next = n->next; n->next->prev = n->prev; }
    #define for_each(pos, head, member) \\
    	for (pos = container_of((head)->next, typeof(*pos), member); &pos->member != (head); \\
    	     pos = container_of(pos->member.next, typeof(*pos), member))
    struct item { int value; struct list_head node; };
    struct flags { u32 a:3, b:11, c:1; int d:5; u64 e:33; u8 tail; };
    struct packed { u8 one; u32 four; u64 eight; } __attribute__((packed));
    union word { u32 all; u8 bytes[4]; struct { unsigned short low, high; }; };
    struct pair { s64 x, y; };
    struct guard { int *p; int once; };
    enum colour { RED = 3, GREEN, BLUE = -1 };

    """

  private static let programs: [(name: String, text: String)] = [
    (
      "bitFields",
      """
      struct flags f = { .a = 9, .b = 2047, .d = -3 }; f.e = 1UL << 32; f.c = 3; f.b++; f.d -= 20;
      return f.a + f.b * 8 + f.c * 100000 + (u64)(f.d + 64) * 1000000 + (f.e >> 30) + sizeof(f);
      """
    ),
    (
      "bitFieldsNextToEachOther",
      """
      struct { u8 a:1, b:1, c:2, d:4; } f; f.d = 9; f.a = 1; f.c = 2; f.b = 0; f.a = 0; f.c++;
      return f.a | f.b << 1 | f.c << 2 | f.d << 4;
      """
    ),
    (
      "flexibleArray",
      """
      struct { int n; short tail[]; } *p; char room[32] = { 0 }; p = (void *)room;
      p->n = 3; for (int i = 0; i < p->n; i++) p->tail[i] = i * i - 1;
      return p->tail[2] + sizeof(*p) * 100 + (char *)&p->tail[1] - room;
      """
    ),
    (
      "compoundLiteral",
      """
      struct pair *p = &(struct pair){ .y = 4 }; int *q = (int[]){ 1, 2, [4] = 9 };
      p->x += q[4]; *q = 7; return p->x * 100 + p->y * 10 + q[0] + q[3];
      """
    ),
    (
      "designators",
      """
      static const struct { int a[4]; struct pair p[2]; } t[] = {
      	[1] = { .a = { [2] = 5, 6 }, .p[1].y = 8 }, [0].p = { { 1, 2 } }, [2] = { .a[0 ... 2] = 4 } };
      return t[1].a[3] + t[1].p[1].y * 10 + t[0].p[0].y * 100 + t[2].a[2] * 1000 + sizeof(t);
      """
    ),
    (
      "statementExpressions",
      """
      int n = 3; int v = ({ int s = 0; while (n) s += n--; s; }) + ({ n += 2; });
      return v * 10 + ({ struct pair p = { v, n }; p; }).y;
      """
    ),
    (
      "functionPointers",
      """
      u64 (*table[2])(u64, u64) = { plus, times }; u64 (**p)(u64, u64) = table + 1;
      struct { u64 (*op)(u64, u64); } ops = { .op = *p };
      return (*p)(6, 7) + table[0](1, 2) + ops.op(2, 3) + (plus == *table);
      """
    ),
    ("structsByValue", "struct pair p = swap((struct pair){ 3, 5 }); return p.x * 10 + swap(p).x;"),
    (
      "unions",
      """
      union word w = { .all = 0x11223344 }; w.bytes[1] = 0xaa; w.high++;
      return w.all + w.low;
      """
    ),
    (
      "packedRecords",
      """
      char room[32] = { 0 }; struct packed *p = (void *)(room + 3); p->four = 0xdeadbeef;
      p->eight = -2UL; return room[4] + sizeof(*p) * 1000 + *(u32 *)&p->eight;
      """
    ),
    (
      "switches",
      """
      u64 s = 0; for (int i = -3; i < 9; i++) switch (i) { case -2: s += 1; case 1 ... 3: s += 10;
      break; default: s += 100; continue; case 5: s += 1000; if (i) break; s = 0; } return s;
      """
    ),
    (
      "duffsDevice",
      """
      int n = 7, s = 0, k = (n + 3) / 4; switch (n % 4) { case 0: do { s += 1; case 3: s += 10;
      case 2: s += 100; case 1: s += 1000; } while (--k > 0); } return s;
      """
    ),
    (
      "gotosOutOfLoops",
      """
      int i, j, s = 0; for (i = 0; i < 5; i++) { for (j = 0; j < 5; j++) { if (i * j == 6) goto out;
      s += j; } } out: return s * 100 + i * 10 + j;
      """
    ),
    (
      "cleanups",
      """
      { int a __attribute__((cleanup(note))) = 1; for (int i = 2; i < 5; i++) {
      int b __attribute__((cleanup(note))) = i; if (i == 3) continue; if (i == 4) break; b += 4; } }
      return early(1) * 1000000 + logged;
      """
    ),
    (
      "guards",
      """
      int depth = 0; { for (struct guard g
      __attribute__((cleanup(unlock))) = { lock(&depth), 1 }; g.once; g.once = 0) depth += 10; }
      return depth;
      """
    ),
    (
      "lists",
      """
      struct list_head head; struct item items[4], *it; u64 s = 0; init_list(&head);
      for (int i = 0; i < 4; i++) { items[i].value = i + 1; add_tail(&items[i].node, &head); }
      del(&items[1].node); for_each(it, &head, node) s = s * 10 + it->value; return s;
      """
    ),
    (
      "variableArguments",
      """
      return sum(3, 1, -2L, "ab") + sum(0) + sum(5, 1, 2L, "c", 3, 40L);
      """
    ),
    (
      "overflowHelpers",
      """
      int i; u8 b; s64 l; u64 u; u64 r = __builtin_add_overflow(2000000000, 2000000000, &i);
      r = r * 2 + __builtin_sub_overflow(3u, 4u, &b); r = r * 2 + __builtin_mul_overflow(-4L, 5u, &l);
      r = r * 2 + __builtin_mul_overflow(1UL << 40, 1UL << 24, &u); r = r * 2 + (b == 255) + (l == -20);
      return r * 1000 + (u32)i % 997 + u;
      """
    ),
    (
      "genericSelection",
      """
      u64 x = 1; int y = 2; return _Generic(x, u64: 10, int: 20, default: 30)
      + _Generic(y, u64: x, default: y + 5) + _Generic(&y, int *: 100, default: 200);
      """
    ),
    (
      "genericSelectionOfOneType",
      """
      u64 x = 1; int y = 2; signed char c = 3; const unsigned int z = 4;
      #define KIND(v) _Generic((v), char: y + 1, signed char: y + 2, \\
          unsigned char: y + 3, int: y + 4, unsigned int: (y + 5), long unsigned: y + 6, default: y + 7)
      return KIND(x) + KIND(y) * 10 + KIND(c) * 100 + KIND(z) * 1000 + KIND((short)y) * 10000;
      """
    ),
    (
      "compilerQuestions",
      """
      int a[7]; return __builtin_types_compatible_p(typeof(a), int[7]) + sizeof(typeof(a[0] + 1UL))
      + __builtin_choose_expr(sizeof(a) > 20, 100, "no") + _Alignof(struct pair) * 1000
      + __builtin_offsetof(struct item, node.prev) + __builtin_constant_p(3);
      """
    ),
    (
      "integerRules",
      """
      signed char c = -1; unsigned char d = 255; unsigned short h = 65535; int i = -7; bool b = 256;
      return (c == d) + (c < 1u) * 2 + (h * h < 0) * 4 + (u64)(i / 2 + 10) * 10 + (i % 3 + 5) * 1000
      + ((u32)i >> 28) * 10000 + (i >> 1 == -4) * 200000 + b + (u8)(d + 1) + (s64)(u32)-1 % 100;
      """
    ),
    (
      "enumerations",
      "enum colour c = BLUE; c = c + 5; return c * 10 + GREEN + (RED < BLUE) + sizeof(c) * 100;"
    ),
    (
      "pointers",
      """
      int a[3][4] = { { 1 }, [2] = { 5, 6, 7, 8 } }, (*row)[4] = a + 1, *p = &a[2][3];
      const char *s = "kernel"; return row[1][2] * 100 + (p - *a) * 1000 + *p-- + *p + s[2]
      + *("abc" + 1) + (&a[1] > a) + !!(p != NULL);
      """
    ),
    (
      "conditionals",
      "int a = 0, b = 5; return (a ?: b) + (a++ || b++ ? a : b) * 10 + (a, b) * 100;"
    ),
    ("recursion", "return ackermann(2, 3);"),
    ("staticLocals", "count(); count(); return count() * 10 + count();"),
    (
      "initialisedGlobals",
      "return *global.p + global.q[1] * 10 + (global.f == times) * 1000 + global.s[3];"
    ),
    (
      "byteOrder",
      """
      u64 v = 0x0102030405060708UL; return __builtin_bswap64(v) % 100003 + __builtin_bswap32(v)
      + __builtin_bswap16(v) + __builtin_clzl(v) + __builtin_ctz(96) + __builtin_popcount(255);
      """
    ),
    (
      "sideEffectsOnce",
      """
      int a[4] = { 1, 2, 3, 4 }, i = 0; a[i++] += 10; a[i++] <<= 2; *(a + i++) ^= 7;
      return a[0] + a[1] * 100 + a[2] * 1000 + i * 100000 + min(i++, 9) + i;
      """
    ),
    (
      "assignmentsOfRecords",
      """
      struct { struct pair p; int n[3]; } a = { { 1, 2 }, { 3, 4, 5 } }, b = a, *q = &b; q->n[1] = 9;
      a = *q; b.p = (struct pair){ 7 }; return a.n[1] + a.p.y * 10 + b.p.x * 100 + b.p.y;
      """
    ),
  ]

  private static let helpers = """
    static u64 plus(u64 a, u64 b) { return a + b; }
    static u64 times(u64 a, u64 b) { return a * b; }
    static struct pair swap(struct pair p) { return (struct pair){ p.y, p.x }; }
    static u64 logged;
    static void note(int *p) { logged = logged * 10 + *p; }
    static u64 early(int n)
    { int a __attribute__((cleanup(note))) = 7; if (n) { int b __attribute__((cleanup(note))) = 8;
      return 5; } return 6; }
    static int *lock(int *p) { ++*p; return p; }
    static void unlock(void *g) { **(int **)g += 100; }
    static s64 sum(int n, ...)
    { __builtin_va_list l; s64 s = 0; __builtin_va_start(l, n);
      for (int i = 0; i < n; i++) switch (i % 3) { case 0: s += __builtin_va_arg(l, int); break;
      case 1: s += __builtin_va_arg(l, long); break;
      case 2: s += *__builtin_va_arg(l, const char *); }
      __builtin_va_end(l); return s; }
    static u64 ackermann(u64 m, u64 n)
    { return !m ? n + 1 : !n ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
    static u64 count(void) { static u64 n = 4; return n++; }
    static int values[] = { 4, 5, 6 };
    static struct { int *p, *q; u64 (*f)(u64, u64); char s[8]; } global =
    	{ &values[2], .q = values, times, "abcd" };

    """

  @Test func theInterpreterAndTheMachineAgree() throws {
    var text = Self.head + Self.helpers
    for (name, body) in Self.programs {
      text += "static u64 \(name)(void)\n{\n\(body)\n}\n"
    }
    let names = Self.programs.map(\.name)
    let wanted = try NativeCompiler.results(of: text, functions: names)
    #expect(wanted.count == names.count)
    let lowered = try Lowered(text)
    #expect(lowered.diagnostics.filter { $0.severity >= .error } == [])
    let host = PlainHost()
    let interpreter = Interpreter(lowered.program, host: host)
    for (name, value) in zip(names, wanted) {
      interpreter.reset()
      do throws(ExecutionStop) {
        let result = try interpreter.call(name, [])
        #expect(result == value, "\(name)")
      } catch {
        Issue.record(
          "\(name): \(error.message) at \(String(describing: interpreter.span(error.site)))"
        )
      }
    }
  }
}
