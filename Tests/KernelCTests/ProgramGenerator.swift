// SPDX-License-Identifier: GPL-2.0-only

/// A generator of numbers that depends on its seed only.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

/// Writes C functions that have one meaning only: no undefined behaviour under `-fwrapv`, and no
/// order of evaluation that the compiler may choose. There is no bit-field wider than `int`: gcc
/// computes in the field's own width and clang, whose types the interpreter gets, in the declared
/// type's, so that for these the compilers themselves disagree.
struct ProgramGenerator {
  static let prelude = """
    typedef signed char s8; typedef unsigned char u8; typedef short s16;
    typedef unsigned short u16; typedef int s32; typedef unsigned int u32;
    typedef long s64; typedef unsigned long u64;
    enum colour { RED = -1, GREEN = 7, BLUE };
    struct inner { u8 a; s16 b; u32 c; };
    struct outer {
    	s8 a; struct inner in[3]; u64 d;
    	u32 f1:3, f2:11; s32 f3:7; u32 f4:29;
    	union { u32 word; u8 bytes[4]; struct { u16 low, high; }; };
    	_Bool flag; s64 *link; u16 tail[5];
    };
    static u64 mix(u64 h, u64 v) { return (h ^ v) * 0x100000001b3UL + (h >> 7); }
    static s32 pick(s32 n, s16 a, u8 b) { return n > 0 ? a - pick(n / 3 - 1, b, a) : b; }
    static struct inner twist(struct inner i, u32 k) { i.a += k; i.b ^= i.c; i.c = k; return i; }
    static void bump(s64 *p, int n) { while (n-- > 0) *p += n * 3; }
    static s64 first(s64 a, u32 b) { return a ^ b; }
    static s64 second(s64 a, u32 b) { return a - b; }
    static const u16 table[4] = { 3, [2] = 0xfff0, 9 };

    """

  static let scalars = ["s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "_Bool"]

  var random: SeededGenerator
  private var depth = 0
  private var label = 0

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func pick<T>(_ list: [T]) -> T { list[Int(random.next() % UInt64(list.count))] }

  mutating func function(_ name: String) -> String {
    var text = "static u64 \(name)(void)\n{\n\tu64 h = 14695981039346656037UL;\n"
    for (index, type) in Self.scalars.enumerated() {
      text += "\t\(type) v\(index) = \(constant());\n"
    }
    text += "\tstruct outer s = { .a = \(constant()), .in[1] = { .b = \(constant()) }, "
    text += ".f2 = 5, .flag = 1 }, t = s;\n"
    text += "\ts64 arr[6] = { 1, \(constant()), [4] = -9 }, *p = arr + 2;\n"
    text += "\tenum colour e = GREEN;\n\ts64 (*fn)(s64, u32) = \(pick(["first", "&second"]));\n"
    text += "\ts.link = &arr[\(random.next() % 6)];\n"
    for _ in 0..<(6 + random.next() % 8) { text += statement(indent: "\t") }
    for index in Self.scalars.indices { text += "\th = mix(h, v\(index));\n" }
    text += "\th = mix(h, s.a); h = mix(h, s.f1); h = mix(h, s.f2); h = mix(h, s.f3);\n"
    text += "\th = mix(h, s.f4); h = mix(h, s.word); h = mix(h, s.d); h = mix(h, s.flag);\n"
    text += "\tfor (int i = 0; i < 3; i++) h = mix(mix(mix(h, s.in[i].a), t.in[i].b), s.in[i].c);\n"
    text += "\tfor (int i = 0; i < 6; i++) h = mix(h, arr[i]);\n"
    text += "\tfor (int i = 0; i < 5; i++) h = mix(h, s.tail[i]);\n"
    return text + "\treturn mix(mix(h, e), p - arr);\n}\n"
  }

  private mutating func constant() -> String {
    switch random.next() % 6 {
    case 0: return "\(random.next() % 4)"
    case 1: return "-\(random.next() % 200)"
    case 2: return "0x\(String(random.next() & 0xffff_ffff, radix: 16))u"
    case 3: return "0x\(String(random.next() >> 1, radix: 16))L"
    case 4: return "\(random.next() % 70000)"
    default: return "'\(pick(["a", "Z", "0"]))'"
    }
  }

  private mutating func place() -> String {
    switch random.next() % 12 {
    case 0...5: return "v\(random.next() % 9)"
    case 6: return pick(["s.a", "s.d", "s.word", "t.d", "s.low", "t.high"])
    case 7: return pick(["s.f1", "s.f2", "s.f3", "s.f4", "t.f3", "s.flag"])
    case 8: return "arr[(u32)(\(expression())) % 6]"
    case 9: return "s.in[(u8)(\(expression())) % 3].\(pick(["a", "b", "c"]))"
    case 10: return pick(["*s.link", "s.bytes[(u16)v3 % 4]", "e", "(&s)->tail[(u8)v1 % 5]"])
    default: return "t.tail[(\(expression())) & 3]"
    }
  }

  private mutating func expression() -> String {
    guard depth < 4 else { return random.next() % 2 == 0 ? constant() : "v\(random.next() % 9)" }
    depth += 1
    defer { depth -= 1 }
    switch random.next() % 20 {
    case 0...2: return place()
    case 3: return constant()
    case 4...8:
      let op = pick(["+", "-", "*", "&", "|", "^", "<", ">", "<=", ">=", "==", "!=", "&&", "||"])
      return "(\(expression()) \(op) \(expression()))"
    case 9: return "((s64)(\(expression())) \(pick(["<<", ">>"])) ((\(expression())) & 63))"
    case 10: return "((\(pick(["u32", "s32"])))(\(expression())) \(pick(["<<", ">>"])) (v1 & 31))"
    case 11: return "((\(expression())) \(pick(["/", "%"])) (((\(expression())) & 0xff) + 1))"
    case 12: return "\(pick(["-", "~", "!", "+"]))(\(expression()))"
    case 13: return "((\(pick(Self.scalars)))(\(expression())))"
    case 14: return "(\(expression()) ? \(expression()) : \(expression()))"
    case 15: return "pick((\(expression())) & 31, \(expression()), \(expression()))"
    case 16: return "(\(expression()) ?: \(expression()))"
    case 17: return "fn(\(expression()), \(expression()))"
    case 18: return "({ \(pick(Self.scalars)) w = \(expression()); w ^ (w >> 1); })"
    default:
      return pick([
        "table[v1 & 3]", "sizeof(struct outer)", "twist(s.in[1], v5).b", "(int)sizeof(arr)",
        "((struct inner){ .a = v2, .c = 4 }).a", "\"kernel\"[v3 & 3]", "BLUE",
        "__builtin_offsetof(struct outer, d)", "(v4, v5 + 1)", "__builtin_popcountl(v7)",
        "((u64)&arr[3] - (u64)arr)", "(*(u32 *)&v7)", "(&arr[5] - &arr[1])",
      ])
    }
  }

  private mutating func statement(indent: String) -> String {
    guard depth < 3 else { return "\(indent)\(place()) = \(expression());\n" }
    depth += 1
    defer { depth -= 1 }
    label += 1
    let skip = "skip\(label)"
    let inner = indent + "\t"
    switch random.next() % 14 {
    case 0...2: return "\(indent)\(place()) = \(expression());\n"
    case 3...4:
      let op = pick(["+", "-", "*", "&", "|", "^"])
      return "\(indent)\(place()) \(op)= \(expression());\n"
    case 5: return "\(indent)v\(random.next() % 8) \(pick(["<<", ">>"]))= v1 & 7;\n"
    case 6: return "\(indent)\(pick(["v4++", "--v0", "v7--", "++s.f1", "s.f3--", "arr[1]++"]));\n"
    case 7:
      return "\(indent)if (\(expression())) {\n\(statement(indent: inner))\(indent)} else {\n"
        + "\(statement(indent: inner))\(indent)}\n"
    case 8:
      return "\(indent)for (int i = 0; i < \(1 + random.next() % 5); i++) {\n"
        + "\(statement(indent: inner))\(inner)if (v1 == i) \(pick(["break", "continue"]));\n"
        + "\(statement(indent: inner))\(indent)}\n"
    case 9:
      return "\(indent)switch ((s32)(\(expression())) & 7) {\n\(indent)case 0: v2++;\n"
        + "\(indent)case 1 ... 3:\n\(statement(indent: inner))\(inner)break;\n"
        + "\(indent)default: v3 ^= 5; break;\n\(indent)case 6: v5--;\n\(indent)}\n"
    case 10:
      return "\(indent)\(pick(["t = s", "s.in[2] = twist(s.in[0], v5)", "s = t"])); "
        + "s.link = &arr[\(random.next() % 6)];\n"
    case 11: return "\(indent)bump(&arr[\(random.next() % 6)], (\(expression())) & 15);\n"
    case 12:
      return "\(indent)if (\(expression())) goto \(skip);\n\(statement(indent: indent))"
        + "\(skip): v6 += 1;\n"
    default:
      return "\(indent){ int n = 4; do { \(place()) ^= n; } while (--n > (v1 & 3)); "
        + "p = arr + (n & 3); *p = v6; }\n"
    }
  }
}
