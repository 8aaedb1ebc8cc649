// SPDX-License-Identifier: GPL-2.0-only
import KernelTree
import Testing

/// Function bodies as braces show them, with conditionals in the way.
struct FunctionRangeTests {
  private static let table = NameTable(["dma_map_page"])

  private func lex(_ source: String) -> LexedSource {
    Self.table.lex(Array(source.utf8))
  }

  private func enclosing(_ source: String) -> [String?] {
    let lexed = lex(source)
    return lexed.occurrences.map { $0.function.map { lexed.functions[$0].name } }
  }

  @Test(arguments: [
    ("static int f(void)\n{\n\tif (a) { dma_map_page(1); }\n}\n", "f"),
    ("struct a { int b; };\nint f(struct a *b) { dma_map_page(1); }", "f"),
    ("int a[] = { 1, 2 };\nint *f(int a[static 2])\n{ dma_map_page(1); }", "f"),
    ("SYSCALL_DEFINE2(open, int, a)\n{ dma_map_page(1); }", "SYSCALL_DEFINE2"),
    ("int f(void) __acquires(x) __odd_note(y)\n{ dma_map_page(1); }", "f"),
    ("__attribute__((cold)) int f(void)\n{ dma_map_page(1); }", "f"),
    ("MODULE_LICENSE(\"GPL\")\nstatic int f(void)\n{ dma_map_page(1); }", "f"),
    ("int f(void) { g(({ int x; x; })); } int h(void) { dma_map_page(1); }", "h"),
    ("int f(void)\n{\n\tdma_map_page(1);\n", "f"),
  ])
  func aCallKnowsItsFunction(source: String, name: String) {
    #expect(enclosing(source) == [name])
  }

  @Test(arguments: [
    "int x = dma_map_page(1);",
    "struct ops o = { .f = dma_map_page, };",
    "union u { int dma_map_page; };",
    "struct s { void (*f)(int); } dma_map_page;",
    "DEFINE_THING(a) struct s { int dma_map_page; };",
    "enum { A = sizeof(int), dma_map_page };",
    "int f(void) { } int dma_map_page;",
  ])
  func whatIsOutsideHasNone(source: String) {
    #expect(enclosing(source) == [nil])
  }

  @Test func eachBranchStartsFromTheSamePlace() {
    let source = """
      #ifdef A
      static int f(int a)
      {
      #else
      static int f(void)
      {
      #endif
      	dma_map_page(1);
      }
      static int g(void)
      {
      	if (x) {
      #ifdef B
      		if (y) {
      #endif
      		dma_map_page(2);
      #ifdef B
      		}
      #endif
      	}
      }
      static int h(void)
      {
      #if 0
      	} unmatched (
      #endif
      	dma_map_page(3);
      }
      """
    #expect(enclosing(source) == ["f", "g", "h"])
    let functions = lex(source).functions
    #expect(functions.map(\.name) == ["f", "f", "g", "h"])
    #expect(functions.map(\.isBalanced) == [false, false, false, true])
    #expect(lex(source).defects.isEmpty)
  }

  @Test func aBodyInsideABranchIsBalanced() {
    let source = "#ifdef A\nint f(void)\n{ dma_map_page(1); }\n#else\nint f(void)\n{ }\n#endif\n"
    #expect(lex(source).functions.map(\.isBalanced) == [true, true])
  }

  @Test func aLostParenthesisCostsOneDeclaration() {
    let source = "int a = (1;\nint f(void)\n{\n}\nint g(void)\n{\n dma_map_page(1);\n}\n"
    #expect(enclosing(source) == ["g"])
  }
}
