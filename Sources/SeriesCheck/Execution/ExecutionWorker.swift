// SPDX-License-Identifier: GPL-2.0-only

internal import KernelTree
internal import TreeExecution
internal import TreeScan

/// The side of ``ExecutionCheck`` that runs in processes of its own: a crash of libclang, or C that
/// eats all memory, costs one file.
public enum ExecutionWorker {
  /// Serves requests on standard input until it closes.
  public static func serve() {
    var known: [String: TreeExecution] = [:]
    ParseWorker.serve(
      lost: { ExecutionWork.Reply.lost($0) },
      perform: { (work: ExecutionWork) in
        let key = "\(work.root)\n\(work.build ?? "")"
        if let execution = known[key] { return work.perform(execution) }
        do throws(KernelTreeError) {
          let execution = try TreeExecution(KernelTree(path: work.root, build: work.build))
          known[key] = execution
          return work.perform(execution)
        } catch {
          return .lost(error.description)
        }
      }
    )
  }
}
