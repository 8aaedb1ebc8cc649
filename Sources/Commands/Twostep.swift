// SPDX-License-Identifier: GPL-2.0-only

public import ArgumentParser
internal import Findings
internal import Foundation

/// The command line: one file a subcommand.
public struct Twostep: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "twostep",
    abstract: "Move Linux drivers to the two-step DMA API, and prove the move.",
    version: CheckReport.Tool.twostep.version,
    subcommands: [
      Scan.self, SuggestCommand.self, RulesCommand.self, Check.self, Validate.self,
      SeriesCommand.self, Model.self, Schema.self, Manual.self, ParseWorkerCommand.self,
      ExecutionWorkerCommand.self, CheckWorkerCommand.self, SuggestWorkerCommand.self,
    ]
  )

  public init() {}

  /// Like `main()`, except that work that could not be done exits with 2.
  ///
  /// ArgumentParser exits with 1 when a command throws, which here means findings.
  public static func runAndExit() async -> Never {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      exit()
    } catch let status as ExitCode {
      exit(withError: status)
    } catch  where exitCode(for: error) == .failure {
      // There is nowhere left to report to when standard error is gone.
      try? FileHandle.standardError.write(contentsOf: Data("twostep: error: \(error)\n".utf8))
      exit(withError: ExitCode(CheckReport.ExitStatus.unchecked.rawValue))
    } catch {
      exit(withError: error)
    }
  }
}
