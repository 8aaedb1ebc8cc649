// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import KernelTree
import Testing

/// What is left out of a header, against the lexer that looks closer.
@Suite struct HeaderTextTests {
  private func bodiless(_ source: String) -> String? {
    let result = HeaderText(Array(source.utf8)).bodiless
    #expect(result == nil || result?.count == source.utf8.count)
    return result.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    ("static inline int f(void)\n{\n\treturn 1; /* } */\n}\n", "{\n                  \n}\n"),
    ("static int f(char c) { if (c == '}') { g(\"{\"); } }", "{                           }"),
    ("static void *f(int a[]) __must_hold(x) // =\n{ a = b; }", "// =\n{        }"),
    ("struct s { int (*f)(void); };\nstatic int f(void) { return 2; }\n", "{           }\n"),
    ("static inline struct s *f(void) { return g; }\n", "{           }\n"),
    ("static inline int f(int a, struct s *s, enum e e) { return 1; }\n", "{           }\n"),
    ("DECLARE(x)\nstatic int f(void) { return 1; }\n", "{           }\n"),
  ])
  func bodiesAreEmptied(source: String, end: String) throws {
    let result = try #require(bodiless(source))
    #expect(result.hasSuffix(end))
    #expect(source.hasPrefix(result.dropLast(end.count)))
  }

  @Test(arguments: [
    "struct __aligned(8) { int a; } x;\n",
    "struct s __packed(4) { int a; };\n",
    "static struct s __packed(4) { int a; } x;\n",
    "static struct s a = (struct s) { 1 };\n",
    "static TABLE(a) { 1, 2 } /* three */ ;\nint b;\n",
    "static const struct s a __attribute__((unused)) = { .f = 1 };\n",
    "int f(void) { return 1; }\n",
    "static inline int f(void)\n{\n#ifdef A\n return 1;\n#else\n return 2;\n#endif\n}\n",
    "#ifdef A\nstatic int f(int a) {\n#else\nstatic int f(void) {\n#endif\n return 1;\n}\n",
    "}\nstatic int f(void) { return 1; }\n",
    "/* static int f(void) { return 1; } */\n",
    "#define F(x) static int x(void) { return 1; }\n",
    "static inline int f(void) { return 1;",
    "extern int f(void);\nenum e { A, B };\n",
  ])
  func whatIsInDoubtStays(source: String) {
    #expect(bodiless(source) == nil)
  }

  @Test func includesAreFoundInEveryForm() {
    let source = """
      #include <linux/a.h>
      /* #include <no.h> */
        # include "b.h" /* c */
      "#include <no.h>"
      #include MACRO
      #include "open
      #ifdef X
      #include\t<c/../d.h>
      #endif
      #
      """
    #expect(
      HeaderText(Array(source.utf8)).includes == [
        .init(path: "linux/a.h", isAngled: true), .init(path: "b.h", isAngled: false),
        .init(path: "c/../d.h", isAngled: true),
      ]
    )
  }

  @Test func whatCannotBeReadIsNoHeader() {
    #expect(HeaderText(readingFrom: "/nonexistent/a.h") == nil)
    #expect(HeaderText(readingFrom: "/") == nil)
  }

  @Test func anyTextKeepsItsShape() {
    let pieces = [
      "{", "}", "(", ")", ";", "\n", " ", "\"", "'", "\\", "\\\n", "/*", "*/", "//", "#if A\n",
      "\n#else\n", "\n#endif\n", "\n#define M ", "struct s", "static", " int f(void)", "=",
      "\n#include \"a.h\"\n", "static int g(void) { return 1; }\n", "\n#",
    ]
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(state: seed)
    for _ in 0..<3000 {
      var source: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<40, using: &random) {
        source += pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8
      }
      let result = HeaderText(source).bodiless ?? source
      #expect(
        result.count == source.count
          && result.indices.allSatisfy {
            result[$0] == source[$0] || (source[$0] != 0x0A && result[$0] == 0x20)
          },
        "seed \(seed): \(String(decoding: source, as: UTF8.self).debugDescription)"
      )
    }
  }

  @Test(.enabled(if: RealTree.isPresent, "no kernel tree in ~/.cache/twostep/trees"))
  func realTreeRealHeadersLoseBodiesOnly() throws {
    let table = NameTable(["dma_map_page"])
    let tree = try KernelTree(path: RealTree.source)
    let files = try tree.inventory(under: ["include", "drivers/net/ethernet"]).files
    var emptied = 0
    for path in files where path.hasSuffix(".h") {
      let source = Array(try Data(contentsOf: URL(filePath: "\(tree.root)/\(path)")))
      guard let result = HeaderText(source).bodiless else { continue }
      let bodies = table.lex(source).functions.map(\.body)
      let outside = result.indices.first { offset in
        result[offset] != source[offset] && !bodies.contains { $0.contains(offset) }
      }
      #expect(outside == nil, "\(path)")
      emptied += 1
    }
    #expect(emptied > 500)
  }
}
