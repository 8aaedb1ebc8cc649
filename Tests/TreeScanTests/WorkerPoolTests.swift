// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Synchronization
import Testing
import TreeScan

/// Workers that are no workers: what a parser's end or silence costs.
@Suite struct WorkerPoolTests {
  private static func replies(
    _ script: String,
    requests count: Int,
    timeout: Duration = .seconds(20)
  ) async throws -> [Int: String] {
    let pool = WorkerPool(
      executable: "/bin/sh",
      arguments: ["-c", script],
      workers: 2,
      timeout: timeout
    )
    let job = FileJob(
      path: "a.c",
      absolutePath: "/nowhere/a.c",
      commonArguments: [],
      ownArguments: [],
      precompiledHeader: nil,
      names: []
    )
    let collected = Mutex<[Int: String]>([:])
    try await pool.perform(Array(repeating: .scan([job]), count: count)) { index, reply in
      let text: String
      if case .failed(let reason) = reply { text = reason } else { text = "\(reply)" }
      collected.withLock { $0[index] = text }
    }
    return collected.withLock { $0 }
  }

  @Test(arguments: [[], [""], ["", "-DX=\"a b\"", "ü\n", "", "3,1:ab:c"]] as [[String]])
  func aJobArrivesAsItWasSent(arguments: [String]) throws {
    let job = FileJob(
      path: "a.c",
      absolutePath: "/nowhere/a.c",
      commonArguments: arguments,
      ownArguments: arguments.reversed(),
      precompiledHeader: nil,
      names: arguments + ["dma_map_page"]
    )
    let sent = try JSONEncoder().encode(job)
    let received = try JSONDecoder().decode(FileJob.self, from: sent)
    #expect(received.commonArguments == job.commonArguments)
    #expect(received.ownArguments == job.ownArguments)
    #expect(received.names == job.names)
    #expect(received.path == job.path && received.precompiledHeader == nil)
  }

  @Test func aCrashCostsOneRequestEach() async throws {
    let replies = try await Self.replies("kill -SEGV $$", requests: 5)
    #expect(replies.count == 5)
    for (_, reason) in replies { #expect(reason == "the parser was ended by signal 11") }
  }

  @Test func anExitIsReported() async throws {
    let replies = try await Self.replies("exit 3", requests: 2)
    #expect(Set(replies.values) == ["the parser exited with status 3"])
  }

  @Test func aHangIsEndedAfterTheTimeout() async throws {
    let replies = try await Self.replies(
      "exec sleep 100",
      requests: 2,
      timeout: .seconds(1)
    )
    #expect(Set(replies.values) == ["the parser did not finish within 1 s"])
  }

  @Test func aProgramThatIsNotThereIsAnError() async throws {
    let pool = WorkerPool(
      executable: "/nowhere/twostep",
      arguments: [],
      workers: 1,
      timeout: .seconds(1)
    )
    await #expect(throws: WorkerError.self) {
      try await pool.perform([.precompile(path: "", arguments: [], output: "")]) { _, _ in }
    }
  }

  @Test func noRequestsNeedNoWorker() async throws {
    #expect(try await Self.replies("exit 9", requests: 0).isEmpty)
  }
}
