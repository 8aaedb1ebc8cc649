// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import ClangFrontend
internal import DriverCheck
internal import Findings
internal import Foundation

/// `twostep check`
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Execute the mapping functions of C files and report misuse of the DMA API.",
    discussion: """
      The functions run on simulated memory against a model of the DMA API, with every call made \
      to fail in turn. What cannot be executed is named and makes the exit status 2.
      """
  )

  @Argument(help: "A kernel tree, prepared with `make prepare` here or in --build.")
  var tree: String

  @Argument(help: ArgumentHelp("C files, relative to the tree.", valueName: "file"))
  var files: [String]

  @Option(
    help: ArgumentHelp("The directory that `make O=` prepared.", valueName: "directory"),
    completion: .directory
  )
  var build: String?

  @Option(help: ArgumentHelp("Check only what this function maps.", valueName: "function"))
  var setup: String?

  @Option(help: ArgumentHelp("The function that undoes the setup.", valueName: "function"))
  var teardown: String?

  @Flag(help: "Say what was explored: functions, runs, faults, and what was not.")
  var explain = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var findings: [Finding] = []
    var unchecked: [CheckReport.Unchecked] = []
    var rows: [[CheckReport.Cell]] = []
    var lifecycles = 0
    let flags = KernelFlags(tree: tree, build: build ?? tree)
    for file in files {
      do throws(FrontendError) {
        let result = try check(file, flags)
        findings += result.findings
        unchecked += result.unchecked
        lifecycles += result.lifecycles.count
        for lifecycle in result.lifecycles where explain {
          rows.append([
            .text("\(file):\(lifecycle.line)"), .text(lifecycle.setup),
            .text(lifecycle.teardowns.joined(separator: " ")), .text(lifecycle.coverage.rawValue),
            .count(lifecycle.runs), .count(lifecycle.faults),
            .text(
              lifecycle.executed.map { "\($0.name) \($0.executed * 100 / max($0.total, 1)) %" }
                .joined(separator: ", ")
            ),
          ])
        }
      } catch {
        unchecked.append(CheckReport.Unchecked(path: file, reason: error.message))
      }
    }
    var report = CheckReport(
      commandLine: CommandLine.arguments,
      inputs: [CheckReport.Input(role: "tree", path: tree)],
      findings: findings,
      unchecked: unchecked,
      summary: [
        "\(files.count) file(s), \(lifecycles) lifecycle(s) executed, "
          + "\(findings.count) finding(s), \(unchecked.count) not fully checked"
      ]
    )
    if explain {
      report.tables = [
        CheckReport.Table(
          name: "explored",
          title: "What was executed",
          columns: ["place", "setup", "teardown", "executed", "runs", "faults", "instructions"],
          rows: rows
        )
      ]
    }
    throw try output.deliver(report)
  }

  private func check(
    _ file: String,
    _ flags: KernelFlags
  ) throws(FrontendError) -> DriverChecker.Result {
    let unit = try TranslationUnit(
      parsing: tree + "/" + file,
      options: ParseOptions(arguments: flags.arguments)
    )
    if let fatal = unit.diagnostics().first(where: { $0.severity == .fatal }) {
      throw FrontendError(.parse, path: file, message: "\(fatal.file):\(fatal.line): \(fatal.text)")
    }
    let facts = unit.facts(
      FactsRequest(
        .mainFile,
        follows: DriverChecker.wantsBody,
        lowersGlobalInitializers: true
      )
    )
    var options = DriverChecker.Options()
    options.setup = setup
    options.teardown = teardown
    let root = tree.hasSuffix("/") ? tree : tree + "/"
    var result = DriverChecker(facts, options: options) {
      $0.hasPrefix(root) ? String($0.dropFirst(root.count)) : $0
    }.check()
    let errors = unit.diagnostics().filter { $0.severity == .error }
    if let first = errors.first {
      result.unchecked.append(
        CheckReport.Unchecked(
          path: file,
          line: first.line,
          reason: "\(errors.count) error(s) of the compiler, the first: \(first.text)",
          remedy: "prepare the tree with `make prepare`, or name its O= directory with --build"
        )
      )
    }
    return result
  }
}

/// Compiler flags of a prepared x86 tree, as its Makefile passes them.
struct KernelFlags {
  let arguments: [String]

  init(tree: String, build: String) {
    let includes = [
      tree + "/arch/x86/include", build + "/arch/x86/include/generated", tree + "/include",
      build + "/include", tree + "/arch/x86/include/uapi",
      build + "/arch/x86/include/generated/uapi", tree + "/include/uapi",
      build + "/include/generated/uapi",
    ]
    let forced = ["compiler-version.h", "kconfig.h", "compiler_types.h"]
    let name = "KBUILD_MODNAME=\"twostep\""
    arguments =
      includes.map { "-I" + $0 }
      + forced.flatMap { ["-include", tree + "/include/linux/" + $0] }
      + [
        "-nostdinc", "-D__KERNEL__", "-D" + name, "-DKBUILD_BASENAME=\"twostep\"",
        "-DKBUILD_MODFILE=\"twostep\"", "-D__KBUILD_MODNAME=kmod_twostep", "-std=gnu11",
        "-fshort-wchar", "-funsigned-char", "-m64", "-mcmodel=kernel", "-mno-sse", "-w",
      ]
  }
}
