// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Reporting
import Testing

@Suite struct ProgramTests {
  @Test func versionAndSchema() throws {
    let version = try Program.run("--version")
    #expect(version.status == 0)
    #expect(version.output == "\(CheckReport.Tool.twostep.version)\n")
    let schema = try Program.run("schema")
    #expect(schema.status == 0 && schema.output == JSONReport.schema)
  }

  /// LLVM takes longer to load than most commands to run.
  @Test func libclangIsLoadedByTheFirstParseOnly() throws {
    func loads(_ arguments: String...) throws -> Bool {
      // The loader writes a file for each process, as those that parse are not the first.
      let directory = try TemporaryDirectory()
      let log = ["LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": directory.file("loader")]
      _ = try Program.run(arguments: arguments, environment: log)
      let logs = try directory.names
      #expect(!logs.isEmpty)
      return try logs.contains { try Program.text(directory.file($0)).contains("libclang-") }
    }
    #expect(try !loads("--version"))
    #expect(try loads("check", ScanTests.sample, CheckTests.good))
  }

  @Test func aLibclangThatCannotBeLoadedIsNamed() throws {
    let directory = try TemporaryDirectory()
    for version in 17...22 {
      try Data().write(to: URL(filePath: directory.file("libclang-\(version).so.\(version)")))
    }
    let outcome = try Program.run(
      "check",
      ScanTests.sample,
      CheckTests.good,
      environment: ["LD_LIBRARY_PATH": directory.path]
    )
    #expect(outcome.status == 2)
    #expect(
      outcome.output.contains(
        #/tern_mem\.c: not checked: libclang-\d+\.so\.\d+ cannot be loaded: .*; install libclang1-\d+/#
      )
    )
  }

  @Test func aWrongCommandLineExitsWith64() throws {
    for arguments in ["no-such-command", "--no-such-option"] {
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 64 && outcome.output.isEmpty && !outcome.errors.isEmpty)
    }
  }

  @Test func workThatCannotBeDoneExitsWith2() throws {
    let outcome = try Program.run("manual", "--output", "/dev/null/nowhere")
    #expect(outcome.status == 2 && outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("twostep: error: "))
  }

  @Test func aFullDiskIsAnErrorAndNotSilence() throws {
    let shell = try Program.shell("set +e; twostep schema >/dev/full; echo $?", in: "/")
    #expect(
      shell.output == "twostep: error: cannot write standard output: no space left on device\n2\n"
    )
  }

  @Test func everyCommandHasAPageThatTheManualReads() throws {
    let directory = try TemporaryDirectory()
    #expect(try Program.run("manual", "--output", directory.path).status == 0)
    let pages = try directory.names
    let help = try Program.run("--help").output
    let listed = help.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }.dropFirst()
      .compactMap { $0.firstMatch(of: #/^  ([a-z]+)  /#)?.output.1 }
    #expect(!listed.isEmpty)
    for name in listed { #expect(pages.contains("twostep-\(name).1"), "\(name)") }
    for page in pages {
      let text = try Program.text(directory.file(page))
      #expect(text.contains(".SH \"EXIT STATUS\""))
      // An unescaped control line would swallow the text behind it.
      let requests = text.split(separator: "\n").filter { $0.hasPrefix(".") || $0.hasPrefix("'") }
      #expect(requests.allSatisfy { $0.contains(/^\.(TH|SH|B|TP|PP|RS|RE)( "|$)/) }, "\(page)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func thereIsACompletionScript(shell: String) throws {
    let outcome = try Program.run("--generate-completion-script", shell)
    #expect(outcome.status == 0)
    // Formats complete from the list of formats itself.
    for format in ReportFormat.all { #expect(outcome.output.contains(format.name)) }
  }
}
