// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep validate` executes what a patch touches together with what it comes to in the patch's
/// other files.
@Suite struct JoinedFilesTests {
  private static let before = [
    "avocet.h": """
    /* SPDX-License-Identifier: GPL-2.0-only */
    #ifndef AVOCET_H
    #define AVOCET_H

    #include <linux/types.h>

    struct avocet_store {
    \tunsigned long room;
    \tunsigned long used;
    };

    int avocet_store_grow(struct avocet_store *store, size_t length);

    #endif

    """,
    "avocet_store.c": """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/mm.h>
    #include <linux/slab.h>
    #include "avocet.h"

    int avocet_store_grow(struct avocet_store *store, size_t length)
    {
    \tunsigned long pages = (length + PAGE_SIZE - 1) / PAGE_SIZE;

    \tif (pages > 64)
    \t\treturn -ENOMEM;
    \tstore->room = pages * PAGE_SIZE;
    \treturn 0;
    }

    """,
    "avocet_use.c": """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/mm.h>
    #include <linux/slab.h>
    #include "avocet.h"

    int avocet_start(struct avocet_store *store, unsigned int count)
    {
    \tint ret;

    \tret = avocet_store_grow(store, count * PAGE_SIZE);
    \tif (ret)
    \t\treturn ret;
    \tstore->used = 0;
    \treturn 0;
    }

    """,
  ]

  /// The store is told pages, where it was told bytes.
  private static func after(handingOn argument: String) -> [String: String] {
    var files = before
    for name in ["avocet.h", "avocet_store.c"] {
      files[name] = files[name]?.replacing("size_t length)", with: "unsigned int pages)")
    }
    files["avocet_store.c"] = files["avocet_store.c"]?
      .replacing("\tunsigned long pages = (length + PAGE_SIZE - 1) / PAGE_SIZE;\n\n", with: "")
    files["avocet_use.c"] = files["avocet_use.c"]?
      .replacing("grow(store, count * PAGE_SIZE)", with: "grow(store, \(argument))")
    return files
  }

  private struct Report: Decodable {
    struct Finding: Decodable {
      struct Place: Decodable {
        var path: String
        var line: Int
      }
      var id: String
      var location: Place
      var message: String
    }
    struct Table: Decodable { var rows: [Row] }
    struct Row: Decodable {
      var function: String?
      var outcome: String?
      enum CodingKeys: String, CodingKey {
        case function
        case outcome = "after the patch"
      }
    }
    var findings: [Finding]
    var tables: [String: Table]
  }

  /// What `validate` says of a patch.
  ///
  /// - Parameter changes: files of the tree that are others than the patch was made from
  private func validate(
    from before: [String: String] = JoinedFilesTests.before,
    _ after: [String: String],
    on changes: [String: String] = [:],
    _ home: TemporaryDirectory
  ) throws -> Report {
    let tree = try SuggestSiblingsTests.tree(in: home, before)
    let folder = SuggestSiblingsTests.folder
    for (name, text) in after { try Data(text.utf8).write(to: URL(filePath: home.file(name))) }
    let outcome = try Program.shell(
      """
      {
        printf 'From: A <a@sample.example>\\nSubject: [PATCH] accel/avocet: Count pages\\n\\n'
        printf 'No functional change.\\n\\nSigned-off-by: A <a@sample.example>\\n%s\\n' ---
        for name in \(after.keys.sorted().joined(separator: " ")); do
          diff -u --label a/\(folder)/$name --label b/\(folder)/$name \\
            tree/\(folder)/$name $name || true
        done
        printf '%s \\n2.0\\n' --
      } >series.mbox
      """,
      in: home.path
    )
    #expect(outcome.status == 0, "\(outcome.output)")
    for (name, text) in changes {
      try Data(text.utf8).write(to: URL(filePath: "\(tree)/\(folder)/\(name)"))
    }
    let validated = try Program.run(
      "validate",
      home.file("series.mbox"),
      "--base",
      tree,
      "--cache",
      "none",
      "--format",
      "json"
    )
    var report = try JSONDecoder().decode(Report.self, from: Data(validated.output.utf8))
    // The patch does not name the blobs that it was made for.
    report.findings.removeAll { $0.id == "series-base-guessed" }
    return report
  }

  @Test func anotherUnitInBothFilesIsNoDifference() throws {
    let home = try TemporaryDirectory()
    let report = try validate(Self.after(handingOn: "count"), home)
    #expect(report.findings.map(\.id) == [])
    let rows = report.tables["compared"]?.rows ?? []
    let start = try #require(rows.first { $0.function == "avocet_start" }?.outcome)
    #expect(start.hasPrefix("does the same in "), "\(start)")
    #expect(start.hasSuffix("; together with \(SuggestSiblingsTests.folder)/avocet_store.c"))
  }

  /// The row says it as the finding does.
  @Test func aDifferenceMayComeOfWhatThisTreeHasMore() throws {
    let home = try TemporaryDirectory()
    let store = try #require(Self.before["avocet_store.c"])
    let sum = "room = pages * PAGE_SIZE"
    let report = try validate(
      ["avocet_store.c": store.replacing(sum, with: "room = PAGE_SIZE * pages")],
      on: ["avocet_store.c": store.replacing(sum, with: "\(sum) * 2")],
      home
    )
    let remark = "(read as if the patch removed '* 2' as well, which this tree has there)"
    let rows = report.tables["compared"]?.rows ?? []
    let grow = try #require(rows.first { $0.function == "avocet_store_grow" }?.outcome)
    #expect(grow.hasSuffix(remark), "\(grow)")
    let finding = try #require(report.findings.first { $0.id == "refactor-behaviour-change" })
    #expect(finding.message.hasSuffix(remark), "\(finding.message)")
  }

  /// Macros outside of functions, and functions of its own, do not bring a file into it.
  @Test func aFileThatHasNothingToDoWithItStaysOut() throws {
    let home = try TemporaryDirectory()
    let own = "static int avocet_check(unsigned long pages)\n{\n\treturn pages > 64;\n}\n\n"
    var before = Self.before
    var after = Self.after(handingOn: "count")
    let change = { (text: String) in
      text.replacing("\nint avocet_store", with: "\n\(own)int avocet_store")
        .replacing("if (pages > 64)", with: "if (avocet_check(pages))")
        .replacing("<linux/mm.h>\n", with: "<linux/mm.h>\n#include <linux/module.h>\n")
        + "EXPORT_SYMBOL_GPL(avocet_store_grow);\n"
    }
    before["avocet_store.c"] = before["avocet_store.c"].map(change)
    after["avocet_store.c"] = after["avocet_store.c"].map(change)
    let log = """
      // SPDX-License-Identifier: GPL-2.0-only
      #include <linux/module.h>

      static int avocet_check(unsigned long pages)
      {
      \treturn pages > 8;
      }

      int avocet_log(unsigned long pages)
      {
      \treturn avocet_check(pages);
      }
      EXPORT_SYMBOL_GPL(avocet_log);

      """
    before["avocet_log.c"] = log
    after["avocet_log.c"] = log.replacing("(pages);", with: "(pages) != 0;")
    let report = try validate(from: before, after, home)
    #expect(!report.findings.map(\.id).contains("refactor-behaviour-change"))
    let rows = report.tables["compared"]?.rows ?? []
    let start = try #require(rows.first { $0.function == "avocet_start" }?.outcome)
    #expect(start.hasPrefix("does the same in "), "\(start)")
    #expect(start.hasSuffix("; together with \(SuggestSiblingsTests.folder)/avocet_store.c"))
  }

  /// Of many files, those go along that a file comes to; the others are none of its business.
  @Test(arguments: [(1, false), (17, true)])
  func aFileThatComesToTooManyIsComparedByItself(called: Int, isTold: Bool) throws {
    let home = try TemporaryDirectory()
    var before = Self.before
    var after = Self.after(handingOn: "count")
    for number in 0..<18 {
      let text = """
        // SPDX-License-Identifier: GPL-2.0-only
        int avocet_part\(number)(int value)
        {
        \treturn value + \(number);
        }

        """
      before["avocet_part\(number).c"] = text
      after["avocet_part\(number).c"] =
        text.replacing("value + \(number)", with: "\(number) + value")
    }
    // Beside the store, which the file comes to as well.
    let numbers = 0..<(called - 1)
    let calls = numbers.map { "\tret += avocet_part\($0)(0);\n" }.joined()
    let prototypes = numbers.map { "int avocet_part\($0)(int value);\n" }.joined()
    let change = { (text: String) in
      text.replacing("\tstore->used = 0;\n", with: calls + "\tstore->used = 0;\n")
        .replacing("\nint avocet_start", with: "\n\(prototypes)int avocet_start")
    }
    before["avocet_use.c"] = before["avocet_use.c"].map(change)
    after["avocet_use.c"] = after["avocet_use.c"].map(change)
    let rows = try validate(from: before, after, home).tables["compared"]?.rows ?? []
    let start = try #require(rows.first { $0.function == "avocet_start" }?.outcome)
    let remark = "; compared by itself: the file comes to more than 16 others of the patch"
    #expect(start.hasSuffix(remark) == isTold, "\(start)")
    if !isTold {
      #expect(start.hasPrefix("does the same in "), "\(start)")
      #expect(start.hasSuffix("; together with \(SuggestSiblingsTests.folder)/avocet_store.c"))
    }
  }

  @Test func theOldUnitInOneOfThemIsADifference() throws {
    let home = try TemporaryDirectory()
    let report = try validate(Self.after(handingOn: "count * PAGE_SIZE / 2"), home)
    #expect(report.findings.map(\.id) == ["refactor-behaviour-change"])
    let finding = try #require(report.findings.first)
    #expect(finding.location.path == "\(SuggestSiblingsTests.folder)/avocet_use.c")
    #expect(finding.message.contains("avocet_start() does not do the same"), "\(finding.message)")
  }
}
