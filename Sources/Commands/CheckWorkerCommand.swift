// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import DriverCheck
internal import Findings
internal import Foundation
internal import KernelTree
internal import TreeExecution
internal import TreeScan

/// What `check` executes files in; not for people.
struct CheckWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-worker",
    abstract: "Serve requests to execute a file on standard input.",
    shouldDisplay: false
  )

  /// One file of a tree.
  struct Request: Codable {
    var tree: String
    var build: String?
    var file: String
    var setup: String?
    var teardown: String?
    var triesPairs: Bool

    /// Text that a compiler could take; the largest driver has 2 MiB.
    private static let largestFile = 32 << 20

    /// What keeps the file from being read at all; nil for nothing.
    private var complaint: String? {
      let path = tree + "/" + file
      let resolved = URL(filePath: path).resolvingSymlinksInPath().path
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else {
        return "there is no such file in \(tree), which names of files are relative to"
      }
      guard attributes[.type] as? FileAttributeType == .typeRegular else {
        return "not a regular file"
      }
      let size = attributes[.size] as? Int ?? 0
      return size > Self.largestFile
        ? "the file has \(size) bytes, more than the \(Self.largestFile) that are read" : nil
    }

    func perform() -> Reply {
      if let complaint = complaint { return Reply(failure: complaint) }
      do {
        let execution = try TreeExecution(KernelTree(path: tree, build: build))
        var options = DriverChecker.Options()
        options.setup = setup
        options.teardown = teardown
        options.triesPairs = triesPairs
        return Reply(result: try execution.check(file, options: options))
      } catch {
        let failure = error as? TreeExecution.Failure
        return Reply(failure: failure?.message ?? "\(error)")
      }
    }
  }

  struct Reply: Codable {
    var result: DriverChecker.Result?
    /// Why there is no result: lower case, no full stop.
    var failure: String?
  }

  func run() {
    ParseWorker.serve(
      lost: { Reply(failure: $0) },
      perform: { (request: Request) in request.perform() }
    )
  }
}
