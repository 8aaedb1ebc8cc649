// SPDX-License-Identifier: GPL-2.0-only

internal import KernelTree
internal import PatchSeries

/// Which of a set of names the base knows, and where it declares them.
struct NameKnowledge: Sendable {
  /// Names that stand anywhere in the code of the base.
  private(set) var known: Set<String> = []
  /// Files of the base that declare or define a name, headers first.
  private(set) var declaring: [String: [String]] = [:]
  /// The C files that use a watched name.
  private(set) var users: [NameUser] = []
  /// Why the base could not be searched; every name then counts as known.
  private(set) var failure: String?

  /// A C file, what it includes, and which of the watched names its code uses.
  struct NameUser: Sendable {
    var path: String
    var includes: Set<String>
    var names: Set<String>
  }

  private let names: NameTable
  private let watched: Set<String>

  /// Searches the base. A directory is read in parallel; anything else file by file.
  ///
  /// - Parameter watched: names whose users are to be known, too
  init(
    _ names: Set<String>,
    watching watched: Set<String> = [],
    in base: any BaseTree,
    jobs: Int
  ) async {
    let names = names.union(watched)
    self.names = NameTable(names.sorted())
    self.watched = watched
    guard !names.isEmpty else { return }
    if let directory = base as? any DirectoryBase {
      await search(directory.root, jobs: jobs)
    } else {
      do throws(BaseTreeError) {
        try search(base, directory: "")
      } catch {
        failure = "\(error.path): \(error.message)"
      }
    }
    for name in declaring.keys {
      declaring[name]?.sort { ($0.hasSuffix(".h") ? 0 : 1, $0) < ($1.hasSuffix(".h") ? 0 : 1, $1) }
    }
  }

  func isKnown(_ name: String) -> Bool { failure != nil || known.contains(name) }

  private mutating func search(_ root: String, jobs: Int) async {
    do throws(KernelTreeError) {
      let tree = try KernelTree(path: root)
      let inventory = try tree.inventory()
      let index = await tree.index(inventory, names: names, jobs: jobs)
      for file in index.files { record(file.source, path: file.path) }
    } catch {
      failure = "\(error.path): \(error.message)"
    }
  }

  private mutating func search(_ base: any BaseTree, directory: String) throws(BaseTreeError) {
    for name in try base.names(in: directory).sorted() {
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      if path.hasSuffix(".c") || path.hasSuffix(".h") {
        if let file = try base.file(at: path), file.mode != TreeFile.symbolicLink {
          record(names.lex(file.content), path: path)
        }
      } else if !name.contains("."), try base.isDirectory(path) {
        try search(base, directory: path)
      }
    }
  }

  private mutating func record(_ source: LexedSource, path: String) {
    if path.hasSuffix(".c") {
      let used = source.occurrences.filter {
        $0.isCode && $0.shape != .member && $0.shape != .memberCall && watched.contains($0.name)
      }
      if !used.isEmpty {
        users.append(
          NameUser(
            path: path,
            includes: Set(source.includes.map(\.path)),
            names: Set(used.map(\.name))
          )
        )
      }
    }
    for occurrence in source.occurrences where occurrence.isCode {
      known.insert(occurrence.name)
      if occurrence.shape == .definition || occurrence.shape == .declaration,
        declaring[occurrence.name]?.contains(path) != true
      {
        declaring[occurrence.name, default: []].append(path)
      }
    }
  }

  /// The names, of those asked for, that stand in the code of a text.
  func names(in content: Bytes) -> Set<String> {
    Set(names.lex(content).occurrences.filter(\.isCode).map(\.name))
  }
}

extension Occurrence {
  fileprivate var isCode: Bool {
    switch lexicalClass {
    case .code, .macroName, .macroBody: true
    case .directive, .comment, .string, .character: false
    }
  }
}
