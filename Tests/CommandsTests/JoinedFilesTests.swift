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

  /// What `validate` says of a patch from ``before`` on.
  private func validate(_ after: [String: String], _ home: TemporaryDirectory) throws -> Report {
    let tree = try SuggestSiblingsTests.tree(in: home, Self.before)
    let folder = SuggestSiblingsTests.folder
    for (name, text) in after { try Data(text.utf8).write(to: URL(filePath: home.file(name))) }
    let outcome = try Program.shell(
      """
      {
        printf 'From: A <a@sample.example>\\nSubject: [PATCH] accel/avocet: Count pages\\n\\n'
        printf 'No functional change.\\n\\nSigned-off-by: A <a@sample.example>\\n%s\\n' ---
        for name in avocet.h avocet_store.c avocet_use.c; do
          diff -u --label a/\(folder)/$name --label b/\(folder)/$name \\
            tree/\(folder)/$name $name || true
        done
        printf '%s \\n2.0\\n' --
      } >series.mbox
      """,
      in: home.path
    )
    #expect(outcome.status == 0, "\(outcome.output)")
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

  @Test func theOldUnitInOneOfThemIsADifference() throws {
    let home = try TemporaryDirectory()
    let report = try validate(Self.after(handingOn: "count * PAGE_SIZE / 2"), home)
    #expect(report.findings.map(\.id) == ["refactor-behaviour-change"])
    let finding = try #require(report.findings.first)
    #expect(finding.location.path == "\(SuggestSiblingsTests.folder)/avocet_use.c")
    #expect(finding.message.contains("avocet_start() does not do the same"), "\(finding.message)")
  }
}
