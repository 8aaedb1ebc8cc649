// SPDX-License-Identifier: GPL-2.0-only

/// What the Makefile (or Kbuild file) of one directory says about its objects.
struct DirectoryMakefile: Sendable {
  /// Relative to the tree's root; empty for the root.
  let directory: String
  /// `ccflags-y`: for the objects of this directory.
  let flags: [String]
  /// `subdir-ccflags-y`: for this directory and those below.
  let subdirectoryFlags: [String]
  /// `CFLAGS_x.o`, by object relative to the directory.
  let objectFlags: [String: [String]]
  /// How each object is linked, by object relative to the directory.
  let objects: [String: Membership]

  struct Membership: Sendable, Hashable {
    /// The module, or the object itself when it is linked on its own.
    let module: String
    let isModule: Bool
  }

  init(directory: String, reader: MakefileReader) {
    self.directory = directory
    flags = reader.words(of: "ccflags-y")
    subdirectoryFlags = reader.words(of: "subdir-ccflags-y")
    var objectFlags: [String: [String]] = [:]
    var lists: [String: [String]] = [:]
    var built: [String: Bool] = [:]
    for name in reader.names {
      if name.hasPrefix("CFLAGS_"), name.hasSuffix(".o"), !name.hasPrefix("CFLAGS_REMOVE_") {
        objectFlags[String(name.dropFirst("CFLAGS_".count))] = reader.words(of: name)
      }
      guard let dash = name.lastIndex(of: "-") else { continue }
      let stem = String(name[..<dash])
      let suffix = name[name.index(after: dash)...]
      let objects = reader.words(of: name).filter { $0.hasSuffix(".o") }
        .map { $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
      guard !objects.isEmpty else { continue }
      switch (stem, suffix) {
      case ("obj", "m"), ("obj", "y"), ("obj", ""), ("lib", _), ("obj", _):
        for object in objects { built[object] = suffix == "m" || built[object] == true }
      case (_, "y"), (_, "m"), (_, "objs"), (_, ""):
        lists[stem, default: []] += objects
      default: break
      }
    }
    var memberships = built.reduce(into: [String: Membership]()) { result, entry in
      result[entry.key] = Membership(
        module: entry.key.lastPathComponent.withoutExtension,
        isModule: entry.value
      )
    }
    for (module, members) in lists.sorted(by: { $0.key < $1.key }) {
      let isBuilt = built["\(module).o"]
      for member in members where isBuilt != nil || memberships[member] == nil {
        memberships[member] = Membership(
          module: module.lastPathComponent,
          isModule: isBuilt ?? false
        )
      }
    }
    self.objectFlags = objectFlags
    objects = memberships
  }
}
