// SPDX-License-Identifier: GPL-2.0-only
import KernelTree
import Testing

/// Every corner of the language in which a name can stand.
struct LexerTests {
  private static let table = NameTable(["dma_map_page", "dma_unmap_page", "sg_next", "map"])

  private func lex(_ source: String) -> LexedSource {
    Self.table.lex(Array(source.utf8))
  }

  @Test(
    arguments: [
      // Code.
      ("x = dma_map_page(d, p);", .code, .call),
      ("x = dma_map_page (d);", .code, .call),
      ("x = dma_map_page\n\t(d);", .code, .call),
      ("x = dma_map_page /* why */ // and\n(d);", .code, .call),
      ("x = dma_map_page \\\n(d);", .code, .call),
      ("x = dma_map_page;", .code, .mention),
      ("x = &dma_map_page;", .code, .mention),
      ("ops->dma_map_page(d);", .code, .memberCall),
      ("ops -> /* */ dma_map_page;", .code, .member),
      (".dma_map_page = other,", .code, .member),
      ("f(a, ... dma_map_page(d));", .code, .call),
      ("{ a > dma_map_page(d); }", .code, .call),
      ("{ case '\"': dma_map_page(d); break; case '\\'': x = '\"'; }", .code, .call),
      ("s = \"\\\\\"; dma_map_page(d);", .code, .call),
      ("x = 0xdma_map_page; dma_map_page();", .code, .call),
      ("dma_\\\nmap_\\\r\npage(d);", .code, .call),
      ("d\\\nma_map_page(d);", .code, .call),
      ("\u{FEFF}dma_map_page(d)", .code, .call),
      // Outside braces.
      ("int dma_map_page(struct device *d)\n{\n}\n", .code, .definition),
      ("int __init\ndma_map_page(int (*f)(int)) __releases(l)\n{\n}\n", .code, .definition),
      ("__printf(1, 2) int dma_map_page(const char *f, ...)\n{\n}\n", .code, .definition),
      ("EXPORT_SYMBOL(a)\nint dma_map_page(void) {}", .code, .definition),
      ("extern int dma_map_page(struct device *d);", .code, .declaration),
      ("struct page *dma_map_page(int a) __must_check;", .code, .declaration),
      ("EXPORT_SYMBOL(dma_map_page);", .code, .mention),
      ("struct x y = { .f = dma_map_page };", .code, .mention),
      ("int x = dma_map_page(1);", .code, .call),
      ("DEFINE(a, {\n dma_map_page(1);\n})", .code, .call),
      ("void f(void)\n{\n\tdma_map_page(1);\n}\n", .code, .call),
      // Not code.
      ("/* dma_map_page(d) */", .comment, .mention),
      ("/**/ // dma_map_page(d) \\\n still", .comment, .mention),
      ("// line \\\n dma_map_page(d)", .comment, .mention),
      ("// '\n\"dma_map_page(d)\"", .string, .mention),
      ("s = \"a\\\"dma_map_page\\\n\";", .string, .mention),
      ("c = 'dma_map_page';", .character, .mention),
      ("s = \"http://dma_map_page\";", .string, .mention),
      // Preprocessor lines.
      ("#define dma_map_page(d) other(d)", .macroName, .call),
      ("#define dma_map_page other", .macroName, .mention),
      ("#define M(d) dma_map_page(d)", .macroBody, .call),
      ("#define M(d) \\\n\tdma_map_page(d)", .macroBody, .call),
      ("#define M(o) (o)->dma_map_page(1)", .macroBody, .memberCall),
      ("#define M dma_map_page\n(x)", .macroBody, .mention),
      ("#define M /* dma_map_page */ 1", .comment, .mention),
      ("#define M \"dma_map_page\"", .string, .mention),
      ("#define M 1 /* a\n dma_map_page */ + 2", .comment, .mention),
      ("  # \t ifdef dma_map_page\n#endif", .directive, .mention),
      ("/* c */ #undef dma_map_page", .directive, .mention),
      ("#include <linux/map.h>", .directive, .mention),
      ("#error don't dma_map_page\n", .character, .mention),
      ("#pragma dma_map_page(1)", .directive, .call),
    ] as [(String, LexicalClass, OccurrenceShape)]
  )
  func anOccurrenceHasItsPlace(
    source: String,
    lexicalClass: LexicalClass,
    shape: OccurrenceShape
  ) throws {
    let occurrences = lex(source).occurrences
    try #require(occurrences.count == 1, "\(occurrences)")
    #expect(occurrences[0].lexicalClass == lexicalClass)
    #expect(occurrences[0].shape == shape)
  }

  @Test(arguments: [
    "my_dma_map_page(d)", "dma_map_page2(d)", "dma_map_pagé(d)", "dma_map_\npage(d)",
    "dma_map_page_(d)", "dma_map_pag", "ma_map_page", "1map", "$map",
  ])
  func aPartOfAnIdentifierIsNoOccurrence(source: String) {
    #expect(lex(source).occurrences.isEmpty)
  }

  @Test func placesAreInBytesAndLinesFromOne() throws {
    let occurrences = lex("/* é\n */ dma_map_page(d);\r\n\tsg_next(s) /* map */;").occurrences
    #expect(occurrences.map(\.name) == ["dma_map_page", "sg_next", "map"])
    #expect(occurrences.map(\.offset) == [10, 29, 43])
    #expect(occurrences.map(\.line) == [2, 3, 3])
    #expect(occurrences.map(\.column) == [5, 2, 16])
  }

  @Test func anApostropheInDeadProseSwallowsOneLineOnly() {
    let source = "#if 0\nthis doesn't work\n#endif\nx = dma_map_page(d);\n"
    #expect(lex(source).occurrences.map(\.lexicalClass) == [.code])
  }

  @Test func conditionsAreKeptWithWhatEarlierBranchesAsked() throws {
    let source = """
      #ifndef _X_H
      #define _X_H
      #ifdef CONFIG_A
      dma_map_page(1);
      #elif defined(CONFIG_B) || /* or */ \\
        IS_ENABLED(CONFIG_C)
      #if X > 2
      dma_map_page(2);
      #endif
      #else /* neither */
      dma_map_page(3);
      #endif
      dma_map_page(4);
      #ifndef CONFIG_D_MODULE
      dma_map_page(5);
      #endif
      #endif
      """
    let lexed = lex(source)
    #expect(lexed.defects.isEmpty)
    let texts = lexed.occurrences.map { $0.conditions.map(\.text) }
    #expect(
      texts == [
        ["defined(CONFIG_A)"],
        ["!defined(CONFIG_A) && (defined(CONFIG_B) || IS_ENABLED(CONFIG_C))", "X > 2"],
        ["!defined(CONFIG_A) && !(defined(CONFIG_B) || IS_ENABLED(CONFIG_C))"],
        [],
        ["!defined(CONFIG_D_MODULE)"],
      ]
    )
    #expect(
      lexed.occurrences[1].conditions[0].configurationSymbols
        == ["CONFIG_A", "CONFIG_B", "CONFIG_C"]
    )
    #expect(lexed.occurrences[4].conditions[0].configurationSymbols == ["CONFIG_D"])
    #expect(lexed.occurrences[2].conditions[0].line == 10)
  }

  @Test func aFirstConditionThatIsNoGuardIsKept() {
    let source = "#ifndef A\n#define B\nmap;\n#endif\n"
    #expect(lex(source).occurrences[0].conditions.map(\.text) == ["!defined(A)"])
  }

  @Test func defectsAreReportedWithTheirLine() {
    let defects = lex("map\n#endif\n#else\n#if A\n}}\n/* open").defects
    #expect(
      defects.map { "\($0.line) \($0.kind.rawValue)" } == [
        "2 stray-conditional", "3 stray-conditional", "6 unterminated-comment",
        "4 unterminated-conditional",
      ]
    )
    #expect(lex("void f(void)\n{\n").defects.map(\.kind) == [.unbalancedBraces])
    #expect(lex("/*/").defects.map(\.kind) == [.unterminatedComment])
  }

  @Test func includesAreListed() {
    let lexed = lex(
      "#include <a/b.h>\n# include \"c.h\" /* map */\n#ifdef X\n#include <d.h>\n#endif\n#include M\n"
    )
    #expect(lexed.includes.map(\.path) == ["a/b.h", "c.h", "d.h"])
    #expect(lexed.includes.map(\.isAngled) == [true, false, true])
    #expect(lexed.includes.map(\.line) == [1, 2, 4])
    #expect(lexed.includes[2].conditions.map(\.text) == ["defined(X)"])
  }
}
