// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Reporting

/// Reports that every format has to write: nothing, one finding, many, and hostile text.
enum SampleReport: String, CaseIterable, Sendable {
  case none, one, many, hostile

  var report: CheckReport {
    switch self {
    case .none: Self.nothing
    case .one: Self.oneFinding
    case .many: Self.manyFindings
    case .hostile: Self.hostileText
    }
  }

  /// The goldens must not change with the wording of the real catalogue.
  static let options = RenderOptions(catalogue: [
    "sample-leak": FindingDescriptor(
      "sample-leak",
      .error,
      "something taken is never given back",
      remedy: "give it back on every path"
    ),
    "sample-doubt": FindingDescriptor(
      "sample-doubt",
      .warning,
      "a human must look",
      remedy: "look"
    ),
  ])

  private static let nothing = CheckReport(
    commandLine: ["twostep", "check", "tree", "drivers/fine.c"],
    inputs: [.init(role: "tree", path: "tree", identity: "6.16")],
    summary: ["1 file checked, no findings"]
  )

  private static let oneFinding = CheckReport(
    commandLine: ["twostep", "check", "tree", "drivers/leaky.c"],
    inputs: [.init(role: "tree", path: "tree", identity: "6.16")],
    findings: [leak],
    summary: ["1 file checked, 1 finding"]
  )

  private static let leak = Finding(
    id: "sample-leak",
    severity: .error,
    location: SourceLocation(path: "drivers/leaky.c", line: 31, column: 2),
    message: "the IOVA space is still allocated after leaky_setup() failed",
    related: [
      .init(
        location: SourceLocation(path: "drivers/leaky.c", line: 22),
        message: "allocated here"
      )
    ],
    witness: Witness(
      machine: "iommu, 4K granule",
      faults: ["dma_iova_link #2"],
      steps: [
        .init(
          location: SourceLocation(path: "drivers/leaky.c", line: 20),
          text: "leaky_setup(buf = {npages = 2}) = -ENOMEM"
        ),
        .init(
          location: SourceLocation(path: "drivers/leaky.c", line: 22, column: 6),
          depth: 1,
          text: "dma_iova_try_alloc(size = 8192) = true",
          source: "\tif (dma_iova_try_alloc(dev, &buf->state, 0, size))"
        ),
        .init(depth: 1, text: "dma_iova_link(offset = 4096) = -ENOMEM"),
      ]
    ),
    context: "leaky_setup dma_iova_try_alloc",
    source: "\treturn ret;"
  )

  private static let manyFindings: CheckReport = {
    var report = oneFinding
    report.commandLine = ["twostep", "validate", "series.mbox", "--base", "tree"]
    report.inputs.append(.init(role: "series", path: "series.mbox"))
    let patch = PatchLocation(
      number: 2,
      total: 3,
      subject: "leaky: map the pages",
      mailPath: "series.mbox",
      mailLine: 140,
      excerpt: [
        "+++ b/drivers/leaky.c", "@@ -38,3 +38,4 @@ int leaky_map(void)", " \treturn 0;",
        "+\tmap();",
      ]
    )
    for line in [40, 50] {
      report.findings.append(
        Finding(
          id: "sample-doubt",
          severity: .warning,
          location: SourceLocation(path: "drivers/leaky.c", line: line),
          message: "the direction may be wrong",
          patch: patch,
          context: "leaky_map dma_map_page"
        )
      )
    }
    report.findings.append(
      Finding(
        id: "not-in-the-catalogue",
        severity: .note,
        location: SourceLocation(path: "include/linux/leaky.h", line: 0),
        message: "the whole file is meant"
      )
    )
    report.unchecked = [
      .init(
        path: "drivers/asm.c",
        line: 12,
        reason: "inline assembly cannot be executed",
        remedy: "check leaky_barrier() by hand"
      ),
      .init(path: "drivers/gone.c", reason: "no such file", patch: patch),
    ]
    report.cases = [
      .passed("[1/3] leaky: add a header", "applies"),
      .failed("[2/3] leaky: map the pages", "protocol", findings: [0, 1, 2]),
      .skipped("[2/3] leaky: map the pages", "documentation", reason: "touches no documentation"),
      .unchecked("[3/3] leaky: use it", "execution", reason: "inline assembly"),
    ]
    report.tables = [
      .init(
        name: "calls-by-directory",
        title: "calls by directory",
        columns: ["directory", "callSites", "converted", "owners"],
        rows: [
          ["drivers/net", 1200, .flag(true), .list(["a", "b"])],
          ["mm", 7, .flag(false), .absent],
        ]
      ),
      .init(
        name: "all-calls",
        title: "every call",
        columns: ["path"],
        rows: [["a.c"]],
        isForReaders: false
      ),
    ]
    report.notices = ["the tree is not prepared"]
    report.summary = ["3 patches", "4 findings, 2 places not checked"]
    return report
  }()

  private static let hostileText: CheckReport = {
    let bad = "a<b>&\"'\u{1B}[31m\u{202E}]]>\n::error::%0A,:\u{7}\u{FFFE}{{{x}}}é\"\u{301}"
    var report = CheckReport(
      commandLine: ["twostep", bad],
      inputs: [.init(role: "tree", path: bad, identity: bad)],
      findings: [
        Finding(
          id: bad,
          severity: .error,
          location: SourceLocation(path: "a b/../%\(bad)", line: 1, column: 9),
          message: bad,
          related: [.init(location: SourceLocation(path: bad, line: 1), message: bad)],
          witness: Witness(
            machine: bad,
            faults: [bad],
            steps: [
              .init(
                location: SourceLocation(path: bad, line: 3),
                depth: 1_000_000,
                text: bad,
                source: bad
              )
            ]
          ),
          patch: PatchLocation(
            number: 1,
            total: 1,
            subject: bad,
            mailPath: bad,
            mailLine: 7,
            excerpt: [bad]
          ),
          context: bad,
          source: bad
        )
      ],
      unchecked: [.init(path: bad, line: 3, reason: bad, remedy: bad)],
      cases: [.failed(bad, bad, findings: [0]), .skipped(bad, bad, reason: bad)],
      notices: [bad],
      summary: [bad]
    )
    report.tables = [
      .init(name: bad, title: bad, columns: [bad, "ragged"], rows: [[.text(bad)], [.list([bad])]])
    ]
    return report
  }()
}
