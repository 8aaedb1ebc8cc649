// SPDX-License-Identifier: GPL-2.0-only
import Foundation
import KernelAPI
import KernelTree
import Testing

struct BlankingTests {
  private static let table = NameTable(["dma_map_page"])

  private func blanked(_ source: String) -> String {
    let bytes = Array(source.utf8)
    let result = Self.table.lex(bytes).blanked(bytes)
    #expect(result.count == bytes.count)
    return String(decoding: result, as: UTF8.self)
  }

  @Test func otherBodiesAreEmptied() {
    #expect(
      blanked("int f(void)\n{\n\treturn 1; /* é */\n}\nint g(void)\n{\n\tdma_map_page(1);\n}\n")
        == "int f(void)\n{\n                   \n}\nint g(void)\n{\n\tdma_map_page(1);\n}\n"
    )
  }

  @Test func preprocessorLinesStay() {
    #expect(
      blanked("int f(void)\n{ a;\n#ifdef X /* c\n*/\n b;\n#define Y \\\n 2\n#endif\n c; }\n")
        == "int f(void)\n{   \n#ifdef X /* c\n*/\n   \n#define Y \\\n 2\n#endif\n    }\n"
    )
  }

  @Test func tracepointsAreNotInstantiated() {
    #expect(
      blanked("#define CREATE_TRACE_POINTS\n#include \"t.h\"\n#define CREATE_TRACE_POINTS2\n")
        == "                           \n#include \"t.h\"\n#define CREATE_TRACE_POINTS2\n"
    )
  }

  @Test(arguments: [
    // A macro that leads to a name keeps its users.
    "#define MP(x) NP(x)\n#define NP(x) dma_map_page(x)\nint f(void)\n{ MP(1); }\n",
    "#define M(x) dma_map_page(x)\nint f(void)\n{ M(1); }\n",
    // Braces that depend on a conditional.
    "int f(void)\n{\n#ifdef A\n if (a) {\n#else\n if (b) {\n#endif\n }\n}\n".replacing(
      "#else\n if (b) {",
      with: ""
    ),
    "int f(void)\n{\n#include \"body.inc\"\n return 1;\n}\n",
    "int f(void)\n{\n return 1;\n",
    "struct s { int a; };\nint a[] = { 1, 2 };\n",
    "int f(void)\n{\n /* dma_map_page */ return 1;\n}\n",
  ])
  func whatIsInDoubtStays(source: String) {
    #expect(blanked(source) == source)
  }

  @Test func everyInputKeepsItsShape() {
    let pieces = [
      "{", "}", "(", ")", ";", "\n", " ", "\"", "'", "\\", "\\\n", "/*", "*/", "//", "#if A\n",
      "\n#else\n", "\n#endif\n", "\n#define M ", "dma_map_page", "(x)", "int f", "\u{0}", "é",
      "struct s", "=", "\n#include \"a.h\"\n", "->", "\n#if 0\n", "\r\n",
    ]
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(state: seed)
    for _ in 0..<3000 {
      var source: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<40, using: &random) {
        source += pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8
      }
      if Bool.random(using: &random) { source = source.dropLast(1) }
      let lexed = Self.table.lex(source)
      let offsets = lexed.occurrences.map(\.offset)
      let text = String(decoding: source, as: UTF8.self)
      let comment: Comment = "seed \(seed): \(text.debugDescription)"
      #expect(offsets == offsets.sorted(), comment)
      #expect(offsets.count == wholeWords(in: source), comment)
      let result = lexed.blanked(source)
      #expect(result.count == source.count, comment)
      #expect(
        Self.table.lex(result).occurrences.map(\.offset) == offsets,
        comment
      )
      #expect(
        result.indices.allSatisfy {
          result[$0] == source[$0] || (source[$0] != 0x0A && result[$0] == 0x20)
        },
        comment
      )
    }
  }

  /// The number of whole-word occurrences, counted in another way: on the text with all
  /// continuations removed.
  private func wholeWords(in source: [UInt8]) -> Int {
    var text: [UInt8] = []
    var rest = source[...]
    // What is joined is not looked at again: a backslash before a continuation continues nothing.
    while let byte = rest.popFirst() {
      if byte == 0x5C, rest.first == 0x0A {
        rest.removeFirst()
      } else if byte == 0x5C, rest.starts(with: [0x0D, 0x0A]) {
        rest.removeFirst(2)
      } else {
        text.append(byte)
      }
    }
    return text.split { byte in
      !(byte >= 0x80 || byte == 0x24 || byte == 0x5F || (0x30...0x39).contains(byte)
        || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte))
    }.count { $0.elementsEqual("dma_map_page".utf8) }
  }

  @Test(.enabled(if: RealTree.isPresent, "no kernel tree in ~/.cache/twostep/trees"))
  func realTreeRealDriversKeepEveryOccurrenceWhenBlanked() async throws {
    let tree = try KernelTree(path: RealTree.source)
    let names = ["dma_map_page", "dma_map_sg", "dma_map_single", "dma_map_sgtable"]
    let table = NameTable(names)
    let index = await tree.index(
      try tree.inventory(under: ["drivers/net/ethernet", "drivers/infiniband"]),
      names: table,
      jobs: 2
    )
    #expect(index.files.count > 200)
    var kept = 0
    var total = 0
    for file in index.files {
      let source = Array(try Data(contentsOf: URL(filePath: tree.root + "/" + file.path)))
      let result = file.source.blanked(source)
      let again = table.lex(result)
      #expect(again.occurrences == file.source.occurrences, "\(file.path)")
      #expect(again.functions == file.source.functions, "\(file.path)")
      total += source.count
      kept += result.count { $0 != 0x20 }
    }
    // Most of a driver is not about mapping; what remains is declarations and a few functions.
    #expect(kept * 2 < total)
  }
}

/// A small seeded generator: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators".
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
