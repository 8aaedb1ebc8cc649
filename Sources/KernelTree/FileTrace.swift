// SPDX-License-Identifier: GPL-2.0-only

internal import Synchronization

/// Which files and directories answers about a tree depend on.
///
/// What is looked for and absent counts too: the answer may change when it appears. Answers that
/// took no reading, because they were remembered, add nothing.
public final class FileTrace: Sendable {
  @TaskLocal static var current: FileTrace?
  private let seen = Mutex<Set<String>>([])

  public init() {}

  /// Absolute paths, in order.
  public var paths: [String] { seen.withLock { $0.sorted() } }

  /// Notes what `body` reads of trees, in this task.
  public func record<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Self.$current.withValue(self, operation: body)
  }

  /// Notes what `body` and the tasks that it starts read of trees.
  public func recordTasks<Result>(_ body: () async throws -> Result) async rethrows -> Result {
    try await Self.$current.withValue(self, operation: body)
  }

  func note(_ path: String) { seen.withLock { _ = $0.insert(path) } }
}
