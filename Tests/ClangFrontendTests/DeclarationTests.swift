// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import Foundation
import SourceFacts
import Testing

@Suite struct DeclarationTests {
  static let header = """
    struct page;
    enum direction { BOTH = 0, TO = 1 };
    enum { FLAG = 1UL << 40 };
    int map(struct page *page, unsigned long);
    static inline int twice(int n) { return 2 * n; }
    """

  @Test func prototypesNameTypesParametersAndPlace() throws {
    let unit = try TranslationUnit(
      parsing: "/test.c",
      options: ParseOptions(
        unsavedFiles: [
          "/test.c": Array("#include \"/api.h\"\nint last(const char *, ...);".utf8),
          "/api.h": Array(Self.header.utf8),
        ]
      )
    )
    let prototypes = unit.prototypes { _ in true }
    #expect(prototypes.map(\.name) == ["map", "twice", "last"])
    #expect(prototypes[0].parameters.map(\.name) == ["page", ""])
    #expect(prototypes[0].parameters.map(\.type) == ["struct page *", "unsigned long"])
    #expect(prototypes[0].file == "/api.h" && prototypes[0].line == 4)
    #expect(prototypes[1].isDefinition && prototypes[1].isStatic && !prototypes[0].isDefinition)
    #expect(prototypes[2].isVariadic)

    let enumerations = unit.enumerations { _ in true }.enumerations
    #expect(enumerations.map(\.name) == ["direction", ""])
    #expect(enumerations[0].constants.map(\.name) == ["BOTH", "TO"])
    #expect(enumerations[1].constants.first?.value == 1 << 40)
    #expect(enumerations[1].constants.first?.span?.line == 3)
  }

  /// Without layout, fields that nothing names are names only.
  @Test func onlyNamedFieldsAreDescribedWhenLayoutIsNotAskedFor() throws {
    let source = """
      struct inner { int unused; long used; };
      struct outer { char pad; union { struct inner in; int other; }; };
      long f(struct outer *o) { return o->in.used; }
      """
    let unit = try TranslationUnit(
      parsing: "/test.c",
      options: ParseOptions(unsavedFiles: ["/test.c": Array(source.utf8)])
    )
    let whole = unit.facts(FactsRequest(.mainFile))
    let lean = unit.facts(FactsRequest(.mainFile, laysOutRecords: false))
    #expect(Rendering(unit: lean).function("f") == Rendering(unit: whole).function("f"))
    func fields(_ unit: CUnit, of name: String) throws -> [CRecord.Field] {
      try #require(unit.records.first { $0.name == name }).fields
    }
    #expect(try fields(whole, of: "inner").map { whole[$0.type].spelling } == ["int", "long"])
    let named = try fields(lean, of: "inner")
    #expect(named.map(\.name) == ["unused", "used"])
    #expect(lean[named[1].type].spelling == "long")
    if case .unsupported = lean[named[0].type].kind {} else { Issue.record("it has a type") }
  }

  @Test func precompiledHeaderServesOtherFiles() throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let header = directory.appendingPathComponent("api.h").path
    let compiled = directory.appendingPathComponent("api.pch").path
    try Self.header.write(toFile: header, atomically: true, encoding: .utf8)
    let sources = try TranslationUnit.precompile(
      header,
      options: ParseOptions(arguments: ["-std=gnu11", "-x", "c-header"]),
      to: compiled
    )
    #expect(sources.isEmpty, "the header includes nothing")
    for isHidden in [true, false] {
      let unit = try TranslationUnit(
        parsing: "/test.c",
        options: ParseOptions(
          arguments: ["-std=gnu11", "-include-pch", compiled],
          unsavedFiles: [
            "/test.c": Array("int f(struct page *p) { return twice(map(p, TO)); }".utf8)
          ],
          hidesPrecompiledDeclarations: isHidden
        )
      )
      #expect(unit.diagnostics() == [])
      let facts = unit.facts(FactsRequest(.mainFile, follows: { $0 == "twice" }))
      #expect(
        Rendering(unit: facts).function("f") == "{ return twice(map(p, <unsigned long>1)); }"
      )
      #expect(Rendering(unit: facts).function("twice") == "{ return (2 * n); }")
      #expect(unit.prototypes { _ in true }.map(\.name).contains("map") == !isHidden)
    }
  }

  @Test func aRedefinitionSaysWhereTheFirstDefinitionIs() throws {
    let unit = try TranslationUnit(
      parsing: "/test.c",
      options: ParseOptions(
        arguments: ["-std=gnu11"],
        unsavedFiles: [
          "/own.h": Array("static int f(void) { return 0; }\n".utf8),
          "/test.c": Array(
            "#include \"/own.h\"\nint f(void) { return 1; }\nint g(void) { return x; }\n".utf8
          ),
        ]
      )
    )
    let errors = unit.diagnostics().filter { $0.severity >= .error }
    #expect(errors.map(\.line) == [2, 3])
    #expect(errors.map { $0.isRedefinition(within: ["/test.c", "/own.h"]) } == [true, false])
    #expect(errors.map { $0.isRedefinition(within: ["/test.c"]) } == [false, false])
  }

  @Test func precompilingABrokenHeaderSaysWhere() throws {
    #expect {
      try TranslationUnit.precompile(
        "/broken.h",
        options: ParseOptions(
          arguments: ["-x", "c-header"],
          unsavedFiles: ["/broken.h": Array("int f(;\n".utf8)]
        ),
        to: "/nowhere/broken.pch"
      )
    } throws: { error in
      "\(error)".hasPrefix("/broken.h: cannot precompile: /broken.h:1: ")
    }
  }

  @Test func precompilingSaysWhichIncludesAreToBlame() throws {
    let files = [
      "/all.h": "#include \"good.h\"\n#include \"outer.h\"\n#include \"absent.h\"\nint x;\n",
      "/good.h": "int g;\n", "/outer.h": "#include \"inner.h\"\n", "/inner.h": "int f(;\n",
    ]
    #expect {
      try TranslationUnit.precompile(
        "/all.h",
        options: ParseOptions(
          arguments: ["-x", "c-header"],
          unsavedFiles: files.mapValues { Array($0.utf8) }
        ),
        to: "/nowhere/all.pch"
      )
    } throws: { error in
      (error as? FrontendError)?.lines == [2, 3]
    }
  }

  /// libclang allows one thread a unit; many units at once are fine.
  @Test(arguments: 0..<8) func unitsAreIndependent(_ number: Int) async throws {
    let name = "f\(number)"
    #expect(try facts("int \(name)(void) { return 0; }").functions.map(\.name) == [name])
  }
}
