// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import SourceFacts
import Testing

/// Parses text that exists in memory only.
func facts(
  _ text: String,
  _ functions: FactsRequest.Functions = .mainFile,
  follows: @escaping (String) -> Bool = { _ in false },
  globals: Bool = false
) throws -> CUnit {
  let unit = try TranslationUnit(
    parsing: "/test.c",
    options: ParseOptions(
      arguments: ["-std=gnu11", "-nostdinc"],
      unsavedFiles: ["/test.c": Array(text.utf8)]
    )
  )
  return unit.facts(
    FactsRequest(functions, follows: follows, lowersGlobalInitializers: globals)
  )
}

@Suite struct LoweringTests {
  /// Body of `f` as written, and as lowered.
  static let bodies: [(String, String)] = [
    // Conversions
    ("void f(char c, long l) { l = c + 1; }", "{ l = <long>(<int>c + 1); }"),
    (
      "int f(int *p) { return p ? 1 : sizeof(p); }",
      "{ return <int>(p ? <unsigned long>1 : 8u); }"
    ),
    (
      "void g(void); void *f(int a[4]) { g(); return (void *)&a[1]; }",
      "{ g(); return (void *)&(a[1]); }"
    ),
    (
      "int f(void) { int v[2]; int *p = v; return *p; }",
      "{ int[2] v; int * p = <int *>v; return *(p); }"
    ),
    ("void f(unsigned char c) { c += 1; c <<= 2L; }", "{ c +[int]= 1; c <<[int]= 2; }"),
    ("void f(int *p, long n) { p += n; }", "{ p +[int *]= n; }"),
    (
      "enum e { A = -3, B }; int f(enum e x) { return x == A; }",
      "{ return (<int>x == -3); }"
    ),
    // Compiler knowledge
    (
      "struct s { int a; long b; }; unsigned long f(void) { return __builtin_offsetof(struct s, b); }",
      "{ return 8u; }"
    ),
    (
      "int f(int x) { return __builtin_constant_p(x) + __builtin_constant_p(3); }",
      "{ return (0 + 1); }"
    ),
    ("int f(int x) { return __builtin_choose_expr(1, x, \"no\"); }", "{ return x; }"),
    ("int f(int x) { return __builtin_types_compatible_p(int, long); }", "{ return 0; }"),
    (
      "int f(long x) { return _Generic(x, int: 1, long: x, default: 2); }",
      "{ return <int>x; }"
    ),
    (
      "int f(int x) { return __builtin_expect(!!(x), 0) ?: 7; }",
      "{ return <int>(<long>!(!(x)) ?  : <long>7); }"
    ),
    ("const char *f(void) { return __func__; }", "{ return <const char *>\"f\"; }"),
    ("int f(char c) { return c == '\\n'; }", "{ return (<int>c == 10); }"),
    (
      "const char *f(void) { return \"a\\\"\\x01\" \"b\"; }",
      "{ return <const char *><char *>\"a\"\u{1}b\"; }"
    ),
    // Statements
    (
      "int f(int n) { int s = 0; for (;;) { if (n--) break; else continue; } return s; }",
      "{ int s = 0; for (- | - | -) { if (x--(n)) break; else continue; } return s; }"
    ),
    (
      "void f(int n) { for (; n;) ; for (n = 1;;) ; for (;; n++) ; for (; n; n++) ; }",
      "{ for (- | n | -) ; for (n = 1; | - | -) ; for (- | - | x++(n)) ; for (- | n | x++(n)) ; }"
    ),
    (
      "void f(int n) { for (/* ; */ int i = ';'; /* ; */; i++) ; }",
      "{ for (int i = 59; | - | x++(i)) ; }"
    ),
    (
      "#define each(n) for (; (n) < 3; (n)++)\nvoid f(int n) { each(n) ; }",
      "{ for (- | (n < 3) | x++(n)) ; }"
    ),
    (
      "void start(int *); _Bool next(int *);\n#define each(p) for (start(p); next(p);)\n"
        + "void f(int *p) { each(p) ; }",
      "{ for (start(p); | next(p) | -) ; }"
    ),
    (
      "int f(int n) { switch (n) { case 1 ... 3: return 1; case -2: n++; "
        + "__attribute__((fallthrough)); default: return 0; } }",
      "{ switch (n) { case 1 ... 3: return 1; case -2: x++(n); ; default: return 0; } }"
    ),
    (
      "void f(int n) { do n--; while (n > 0); while (n) goto out; out: ; }",
      "{ do x--(n); while ((n > 0)); while (n) goto out; out: ; }"
    ),
    (
      "void f(int n) { asm(\"\" : : : \"memory\"); asm(\"ud2\" : : \"i\" (\"file\"), \"i\" (7)); "
        + "asm(\"\" : : \"r\" (n)); asm(\"\" : \"=m\" (n)); }",
      "{ ; ; unsupported(inline assembly); unsupported(inline assembly); }"
    ),
    (
      "void f(int n) { unsigned __flags = n; asm(\"ud2\" : : \"i\" (__flags)); }",
      "{ unsigned int __flags = <unsigned int>n; warning }"
    ),
    (
      "unsigned long f(void) { unsigned long __here; asm(\"lea 0(%%rip), %0\" : \"=r\" (__here)); "
        + "return __here; }",
      "{ unsigned long __here; __here = 18446744071578845184u; return __here; }"
    ),
    (
      "int f(int n) { return ({ int m = n; m + 1; }); }",
      "{ return ({ int m = n; (m + 1); }); }"
    ),
    (
      "void put(int *p); \n#define __free(n) __attribute__((__cleanup__(n##ut)))\n"
        + "void f(int n) { int v __free(p) = n; }",
      "{ int v cleanup put = n; }"
    ),
    (
      "void f(int n, ...) { __builtin_va_list l; __builtin_va_start(l, n); n = "
        + "__builtin_va_arg(l, int); __builtin_va_end(l); }",
      "{ __builtin_va_list l; __builtin_va_start(<struct __va_list_tag *>l, n); "
        + "n = va_arg(<struct __va_list_tag *>l, int); "
        + "__builtin_va_end(<struct __va_list_tag *>l); }"
    ),
    (
      "int f(int n) { typeof(n + 1) m = n; return (typeof(m + 2))m; }",
      "{ typeof (n + 1) m = n; return (typeof (m + 2))m; }"
    ),
    (
      "void f(int n) { void *p = &&out; goto *p; out: ; }",
      "{ void * p = &&out; goto *<const void *>p; out: ; }"
    ),
    // Records and initialisers
    (
      "struct s { int a; struct { int b; union { int c; long d; }; }; int e:3; };\n"
        + "int f(struct s *p, struct s q) { return p->c + q.e; }",
      "{ return (p->..c + q.e); }"
    ),
    (
      "struct p { int x, y; }; struct s { struct p a[2]; char n[4]; int z; };\n"
        + "void f(void) { struct s v = { 1, 2, { 3 }, \"ab\", .z = 7L }; }",
      "{ struct s v = {0: {0: {0: 1, 1: 2}, 1: {0: 3}}, 1: \"ab\", 2: <int>7}; }"
    ),
    (
      "struct p { int x, y; }; struct s { int k; struct p a; };\n"
        + "void f(struct p q) { struct s v = { .a = q, .k = 1 }, w = { .a.y = 1, .a.x = 2 }; }",
      "{ struct s v = {1: q, 0: 1}; struct s w = {1: {1: 1, 0: 2}}; }"
    ),
    (
      "struct s { union { int a; char *b; }; int : 3; int c; };\n"
        + "void f(char *q) { struct s v = { .b = q, .c = 2 }; }",
      "{ struct s v = {0: {1: q}, 2: 2}; }"
    ),
    (
      "void f(void) { int v[] = { [1 ... 2] = 5, 6, [0] = 4 }; }",
      "{ int[4] v = {1: 5, 2: 5, 3: 6, 0: 4}; }"
    ),
    (
      "struct p { int x, y; }; int g(struct p *); int f(int n) { return g(&(struct p){ .y = n }); }",
      "{ return g(&((struct p){1: n})); }"
    ),
    (
      "int f(void) { struct { } e = { }; int z = { 3 }; return z; }",
      "{ struct (unnamed struct at /test.c:1:15) e = {}; int z = 3; return z; }"
    ),
  ]

  @Test(arguments: bodies.indices) func body(_ index: Int) throws {
    let (text, wanted) = Self.bodies[index]
    let unit = try facts(text)
    #expect(Rendering(unit: unit).function("f") == wanted, "\(text)")
  }

  @Test func spansOfMacrosAreUsesAndOfArgumentsAreArguments() throws {
    let text = """
      #define TWICE(x) ((x) + (x))
      #define ONE 1
      int f(int value)
      {
      	return TWICE(value) + ONE;
      }
      """
    let unit = try facts(text)
    guard case .compound(let list) = unit.functions[0].body.kind,
      case .returnValue(let sum?) = list[0].kind,
      case .binary(.add, let twice, let one) = sum.kind,
      case .binary(.add, let value, _) = twice.kind
    else {
      Issue.record("unexpected shape")
      return
    }
    let bytes = Array(text.utf8)
    func source(_ span: SourceSpan) -> String {
      String(decoding: bytes[Int(span.start)..<Int(span.end)], as: UTF8.self)
    }
    #expect(source(twice.span) == "TWICE(value)" && twice.span.isMacroBody)
    #expect(source(value.span) == "value" && !value.span.isMacroBody)
    #expect(source(one.span) == "ONE" && one.span.isMacroBody && one.span.line == 5)
    #expect(source(sum.span) == "TWICE(value) + ONE")
    #expect(source(unit.functions[0].span).hasPrefix("int f(") && unit.functions[0].span.line == 3)
  }

  @Test func layoutIsThatOfTheTarget() throws {
    let unit = try facts(
      """
      struct inner { unsigned short a; unsigned b:5, c:20; unsigned long d; char tail[]; };
      unsigned long f(struct inner *i) { return i->d; }
      """
    )
    let record = try #require(unit.records.first { $0.name == "inner" })
    #expect(record.fields.map(\.name) == ["a", "b", "c", "d", "tail"])
    #expect(record.fields.map(\.offsetBits) == [0, 16, 32, 64, 128])
    #expect(record.fields.map(\.widthBits) == [nil, 5, 20, nil, nil])
    #expect(unit[record.fields[3].type].sizeBytes == 8)
    if case .array(_, let count) = unit[record.fields[4].type].kind { #expect(count == nil) }
  }

  @Test func fieldsStayOutUntilNamed() throws {
    let unit = try facts(
      """
      struct big { int a; }; struct user { struct big *b; };
      struct big *f(struct user *u) { return u->b; }
      """
    )
    #expect(unit.records.first { $0.name == "big" }?.fields.isEmpty == true)
    #expect(unit.records.first { $0.name == "big" }?.isComplete == true)
    #expect(unit.records.first { $0.name == "user" }?.fields.count == 1)
  }

  @Test func functionsAreChosenByOffsetNameAndCalls() throws {
    let text = """
      static inline int low(int n) { return n; }
      static int middle(int n) { return low(n); }
      int top(int n) { return middle(n); }
      int other(int n) { return n; }
      """
    let inside = try #require(text.ranges(of: "top").first).lowerBound.utf16Offset(in: text)
    #expect(try facts(text, .containing([inside, 9_999])).functions.map(\.name) == ["top"])
    #expect(try facts(text, .containing([])).functions.isEmpty)
    #expect(try facts(text, .named(["low", "absent"])).functions.map(\.name) == ["low"])
    #expect(
      try facts(text, .named(["top"]), follows: { _ in true }).functions.map(\.name)
        == ["low", "middle", "top"]
    )
    #expect(
      try facts(text, .named(["top"]), follows: { $0 == "middle" }).functions.map(\.name)
        == ["middle", "top"]
    )
  }

  @Test func globalInitializersAreLoweredOnRequest() throws {
    let text = """
      static int run(void) { return 0; }
      struct ops { int (*run)(void); };
      static const struct ops table = { .run = run };
      int f(void) { return table.run(); }
      """
    for globals in [false, true] {
      let unit = try facts(text, globals: globals)
      let table = try #require(unit.declarations.first { $0.name == "table" })
      #expect(table.kind == .global && table.isInternal)
      #expect(
        table.initializer.map { Rendering(unit: unit).text($0) } == (globals ? "{0: run}" : nil)
      )
    }
  }

  /// Neither a chain of operators nor one of `else if` may exhaust the stack.
  @Test func deepNestingBecomesUnsupported() throws {
    let sum = (0..<20_000).map { "n\($0 % 2 == 0 ? "" : " ")" }.joined(separator: "+")
    let ladder = (0..<3_000).map { "if (n == \($0)) n++; else " }.joined()
    for text in ["int f(int n) { return \(sum); }", "void f(int n) { \(ladder) n--; }"] {
      let unit = try facts(text)
      #expect(Rendering(unit: unit).function("f").contains("unsupported(nesting)"))
    }
  }

  @Test func brokenTextIsDiagnosedAndTheRestIsLowered() throws {
    let unit = try TranslationUnit(
      parsing: "/test.c",
      options: ParseOptions(
        arguments: ["-nostdinc"],
        unsavedFiles: [
          "/test.c": Array(
            "#include <absent.h>\nint f(void) { return undeclared; }\nint g(void) { return 1; }"
              .utf8
          )
        ]
      )
    )
    #expect(unit.diagnostics().first?.text == "'absent.h' file not found")
    #expect(unit.diagnostics().contains { $0.line == 2 && $0.severity == .error })
    #expect(unit.facts(FactsRequest(.mainFile)).functions.map(\.name).contains("g"))
  }

  @Test func hostileBytesDoNotCrash() throws {
    for seed in UInt64(1)...20 {
      var state = seed
      let bytes = (0..<400).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
      let unit = try TranslationUnit(
        parsing: "/test.c",
        options: ParseOptions(unsavedFiles: ["/test.c": bytes])
      )
      #expect(unit.diagnostics().contains { $0.severity >= .error }, "seed \(seed)")
      _ = unit.facts(FactsRequest(.mainFile))
    }
  }

  @Test func missingFileIsAnError() {
    #expect(throws: FrontendError.self) {
      _ = try TranslationUnit(parsing: "/absent/file.c", options: ParseOptions()).diagnostics()
    }
  }

  /// Who calls the functions of a table another file may say.
  @Test(arguments: [
    "static int (*const table[])(int) = { f };", "typedef int op(int); op *table[2] = { f, f };",
  ])
  func aTableOfFunctionsThatNothingReadsIsThere(_ table: String) throws {
    let unit = try facts("static int f(int a) { return a; } " + table, globals: true)
    let found = unit.declarations.first { $0.name == "table" }
    #expect(found?.initializer != nil)
  }

  @Test func aTableOfNumbersThatNothingReadsIsLeftOut() throws {
    let unit = try facts("int numbers[] = { 1, 2 }; int f(void) { return 0; }", globals: true)
    #expect(!unit.declarations.contains { $0.name == "numbers" })
  }
}
