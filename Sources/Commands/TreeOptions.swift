// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import Foundation
internal import KernelTree
internal import TreeScan

/// How to read a kernel tree; every command that parses C has them.
struct TreeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The directory given to make O=, when the tree was prepared there.",
      valueName: "dir"
    ),
    completion: .directory
  )
  var build: String?

  @Option(
    name: .customShort("j", allowingJoined: true),
    help: "How many files are parsed at a time."
  )
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(
    help: ArgumentHelp(
      "Where facts of parsed files are kept, or none.",
      valueName: "dir"
    ),
    completion: .directory
  )
  var cache: String = TreeOptions.defaultCache

  @Option(help: ArgumentHelp("After how many seconds a file is given up.", valueName: "seconds"))
  var parseTimeout: Int = 60

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("-j takes a number from 1 to 256") }
    guard (1...3600).contains(parseTimeout) else {
      throw ValidationError("--parse-timeout takes a number from 1 to 3600")
    }
  }

  func scan(of tree: KernelTree, names: [String]) -> TreeScan {
    TreeScan(
      tree: tree,
      names: names,
      pool: pool(),
      cache: openCache(),
      jobs: jobs
    )
  }

  func errorReader() -> ErrorReader { ErrorReader(pool: pool(), cache: openCache()) }

  /// A file is executed once or twice for each patch that changes it.
  var executionPool: WorkerPool {
    WorkerPool(
      executable: Self.program,
      arguments: ["execution-worker"],
      workers: jobs,
      timeout: .seconds(max(parseTimeout, 60) * 5)
    )
  }

  /// - Parameters:
  ///   - worker: the arguments that make this program serve the requests
  ///   - patience: how many times longer than a parse a request may take
  func pool(_ worker: [String] = ["parse-worker"], patience: Int = 1) -> WorkerPool {
    WorkerPool(
      executable: Self.program,
      arguments: worker,
      workers: jobs,
      timeout: .seconds(parseTimeout * patience)
    )
  }

  /// A cache that cannot be opened costs time, not results; it is said and done without.
  private func openCache() -> FactsCache? {
    guard cache != "none" else { return nil }
    do {
      return try FactsCache(
        directory: URL(fileURLWithPath: cache),
        identity: Self.programIdentity
      )
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("twostep: \(error)\n".utf8))
      return nil
    }
  }

  private static var defaultCache: String {
    let environment = ProcessInfo.processInfo.environment
    let base = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    return (base ?? NSHomeDirectory() + "/.cache") + "/twostep"
  }

  /// The running program itself, wherever it was moved to.
  static var program: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
  }

  /// Changes whenever the program does, so that no build reads another's facts.
  private static var programIdentity: String {
    let attributes = try? FileManager.default.attributesOfItem(atPath: program)
    let size = attributes?[.size] as? Int ?? 0
    let time = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "\(CheckReport.Tool.twostep.version)-\(size)-\(Int(time * 1000))"
  }
}
