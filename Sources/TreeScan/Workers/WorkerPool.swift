// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Runs requests in worker processes, each of which may die without harm to the others.
public struct WorkerPool: Sendable {
  /// The program to run and the arguments that make it serve.
  let executable: String
  let arguments: [String]
  let workers: Int
  /// How long one request may take before its worker is killed.
  let timeout: Duration

  public init(executable: String, arguments: [String], workers: Int, timeout: Duration) {
    self.executable = executable
    self.arguments = arguments
    self.workers = max(1, workers)
    self.timeout = timeout
    // Writing to a worker that has died is an error to be handled, not the end of the scan.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Performs all requests, each on some worker, and hands every reply to `deliver` with the
  /// index of its request. A request whose worker died or was killed gets a `failed` reply.
  public func perform(
    _ requests: [ParseRequest],
    deliver: @escaping @Sendable (Int, ParseReply) async -> Void
  ) async throws(WorkerError) {
    try await perform(requests, lost: { .failed(reason: $0) }, deliver: deliver)
  }

  /// The same for workers that answer other questions.
  ///
  /// - Parameter lost: The reply to a request whose worker died or was killed, from the reason.
  public func perform<Request: Encodable & Sendable, Reply: Decodable & Sendable>(
    _ requests: [Request],
    lost: @escaping @Sendable (String) -> Reply,
    deliver: @escaping @Sendable (Int, Reply) async -> Void
  ) async throws(WorkerError) {
    let queue = RequestQueue(count: requests.count)
    let pool = self
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<min(workers, requests.count) {
          group.addTask { try await pool.serve(queue, requests, lost, deliver) }
        }
        try await group.waitForAll()
      }
    } catch {
      throw WorkerError(program: executable, message: "\(error)")
    }
  }

  /// One lane: a worker at a time, started anew after one has died, until the queue is empty.
  private func serve<Request: Encodable & Sendable, Reply: Decodable & Sendable>(
    _ queue: RequestQueue,
    _ requests: [Request],
    _ reply: @escaping @Sendable (String) -> Reply,
    _ deliver: @escaping @Sendable (Int, Reply) async -> Void
  ) async throws {
    var first = await queue.next()
    while let index = first {
      let result = try await run(
        .path(FilePath(executable)),
        arguments: Arguments(arguments),
        input: .inputWriter,
        output: .sequence,
        error: .discarded
      ) { execution -> Lost? in
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let decoder = JSONDecoder()
        var frames = FrameReader(execution.standardOutput.makeAsyncIterator())
        let process = execution.processIdentifier.value
        func send(_ index: Int) async throws {
          let body = try encoder.encode(requests[index])
          do {
            _ = try await execution.standardInputWriter.write(
              FrameHeader.bytes(forLength: body.count) + Array(body)
            )
          } catch {
            // The worker is gone; its end is read below.
          }
        }
        try await send(index)
        var current: Int? = index
        while let index = current {
          let watchdog = Watchdog(process: process, timeout: timeout)
          let answer = try await frames.next()
          let timedOut = await watchdog.stop()
          guard let answer else { return Lost(index: index, timedOut: timedOut) }
          // The worker goes on while its answer is taken in.
          current = await queue.next()
          if let next = current { try await send(next) }
          await deliver(index, try decoder.decode(Reply.self, from: Data(answer)))
        }
        try await execution.standardInputWriter.finish()
        return nil
      }
      guard let lost = result.closureResult else { return }
      await deliver(lost.index, reply(reason(lost, result.terminationStatus)))
      first = await queue.next()
    }
  }

  private struct Lost: Sendable {
    var index: Int
    var timedOut: Bool
  }

  private func reason(_ lost: Lost, _ status: TerminationStatus) -> String {
    if lost.timedOut { return "the parser did not finish within \(timeout.components.seconds) s" }
    switch status {
    case .exited(let code): return "the parser exited with status \(code)"
    case .signaled(let signal): return "the parser was ended by signal \(signal)"
    }
  }
}

/// A worker process that could not be started or talked to.
public struct WorkerError: Error, CustomStringConvertible, Sendable {
  public let program: String
  public let message: String
  public var description: String { "cannot run \(program): \(message)" }
}

/// Hands out request numbers, each once.
private actor RequestQueue {
  private var position = 0
  private let count: Int

  init(count: Int) { self.count = count }

  func next() -> Int? {
    guard position < count else { return nil }
    defer { position += 1 }
    return position
  }
}

/// Kills a process when it takes too long.
private struct Watchdog {
  private let task: Task<Bool, Never>

  init(process: pid_t, timeout: Duration) {
    task = Task {
      do {
        try await Task.sleep(for: timeout)
      } catch {
        return false
      }
      // The process is a child that nobody has waited for yet, so the number is still its own.
      kill(process, SIGKILL)
      return true
    }
  }

  /// Ends the watch and says whether it had to kill.
  func stop() async -> Bool {
    task.cancel()
    return await task.value
  }
}

/// Cuts a stream of buffers into messages.
private struct FrameReader<Source: AsyncIteratorProtocol>
where Source.Element == SubprocessOutputSequence.Buffer {
  private var source: Source
  private var pending: [UInt8] = []

  init(_ source: Source) { self.source = source }

  /// The next whole message; nil when the stream ends, even within one.
  mutating func next() async throws -> ArraySlice<UInt8>? {
    while true {
      if pending.count >= FrameHeader.size {
        let length = pending.prefix(FrameHeader.size).reduce(0) { $0 << 8 | Int($1) }
        if pending.count >= FrameHeader.size + length {
          let body = pending[FrameHeader.size..<(FrameHeader.size + length)]
          pending.removeFirst(FrameHeader.size + length)
          return body
        }
      }
      guard let buffer = try await source.next(isolation: #isolation) else { return nil }
      buffer.withUnsafeBytes { pending.append(contentsOf: $0) }
    }
  }
}
