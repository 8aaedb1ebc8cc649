// SPDX-License-Identifier: GPL-2.0-only
internal import Synchronization

/// Answers, for each file of a tree, how it is compiled.
///
/// The answers come from compile_commands.json where that names the file, else from the tree's
/// Makefiles with the `.config` and generated headers of a prepared tree, else with a
/// configuration and headers made up in memory (see ``HeaderOverlay``). What is read is kept; an
/// instance may be used from several tasks.
public final class CompileFlagsSource: Sendable {
  public let tree: KernelTree
  /// The architecture that the tree is prepared for; nil when it is unprepared.
  public let preparedArchitecture: String?
  private let commands: CompileCommands?
  private let headers: ArchitectureHeaders
  private let gating: GatingSymbols
  private let state = Mutex(State())

  private let contexts = PerArchitecture<ArchitectureContext>()
  private let databases = PerArchitecture<KconfigDatabase>()
  private let kconfig: KconfigFiles

  private struct State {
    var makefiles: [String: DirectoryMakefile?] = [:]
    var includers: [String: String?] = [:]
  }

  /// - Throws: when the tree has a compile_commands.json that cannot be read.
  public init(tree: KernelTree) throws(KernelTreeError) {
    self.tree = tree
    preparedArchitecture = tree.buildDirectory.flatMap { build in
      Architecture.all.first {
        FileSystem.isDirectory("\(build)/arch/\($0.name)/include/generated")
      }?.name
    }
    commands = try CompileCommands(tree: tree)
    headers = ArchitectureHeaders(root: tree.root)
    kconfig = KconfigFiles(root: tree.root)
    gating = GatingSymbols(root: tree.root)
  }

  /// How a file is compiled; nil when it is not part of the kernel (`tools/`, `scripts/` and
  /// `Documentation/` are for the machine that builds it).
  ///
  /// - Parameter path: relative to the tree's root.
  public func flags(for path: String) -> CompileFlags? {
    guard !["tools/", "scripts/", "Documentation/", "usr/"].contains(where: path.hasPrefix) else {
      return nil
    }
    if let arguments = commands?.arguments(for: path) {
      return CompileFlags(
        common: [],
        specific: arguments,
        architecture: preparedArchitecture ?? Architecture.default.name,
        origin: .compileCommands
      )
    }
    var context = context(for: architecture(of: path))
    let includer = includer(of: path, context)
    if let includer { context = self.context(for: architecture(of: includer)) }
    let unit = includer ?? path
    let assumed = symbolsToAssume(for: unit, context)
    return CompileFlags(
      common: context.arguments,
      specific: specificArguments(for: unit, context) + assumed.map { "-DCONFIG_\($0)=1" },
      architecture: context.architecture.name,
      origin: context.overlay == nil ? .kbuild : .overlay,
      includedBy: includer,
      assumed: assumed
    )
  }

  /// What ``flags(for:)`` and ``includedHeaders(of:)`` say of many files, in their order, found on
  /// several cores.
  public func answers(
    for files: [IndexedFile],
    jobs: Int
  ) async -> [(flags: CompileFlags?, headers: [String])] {
    for file in files { headers.note(file.source.includes, of: file.path) }
    let paths = files.map(\.path)
    let next = NextSlice(count: paths.count, length: 8)
    return await withTaskGroup(of: [(Int, CompileFlags?, [String])].self) { group in
      for _ in 0..<max(1, jobs) {
        group.addTask {
          var found: [(Int, CompileFlags?, [String])] = []
          while let slice = next.take() {
            for index in slice {
              let path = paths[index]
              found.append((index, self.flags(for: path), self.includedHeaders(of: path)))
            }
          }
          return found
        }
      }
      var answers: [(flags: CompileFlags?, headers: [String])] =
        Array(repeating: (nil, []), count: paths.count)
      for await found in group {
        for (index, flags, headers) in found { answers[index] = (flags, headers) }
      }
      return answers
    }
  }

  /// The headers in angle brackets that a file includes whatever the configuration, itself or by
  /// way of headers beside it; in order, each once.
  public func includedHeaders(of path: String) -> [String] { headers.wanted(by: path) }

  /// The headers that stand in for generated ones; nil when the tree is prepared for the
  /// architecture.
  public func overlay(for architecture: String) -> HeaderOverlay? {
    Architecture.named(architecture).flatMap { context(for: $0).overlay }
  }

  /// The Kconfig values that files of an architecture are compiled with.
  public func configuration(for architecture: String) -> KernelConfiguration {
    context(for: Architecture.named(architecture) ?? .default).configuration
  }

  // MARK: Architectures

  private var usual: Architecture {
    preparedArchitecture.flatMap { Architecture.named($0) } ?? .default
  }

  /// The architecture that builds a file.
  private func architecture(of path: String) -> Architecture {
    let parts = path.split(separator: "/")
    if parts.first == "arch", parts.count > 2 {
      return Architecture.named(parts[1]) ?? .default
    }
    let usual = usual
    let missing = headers.missing(in: path, for: usual)
    let disabled = disabledSymbols(gating: path, configuration(for: usual.name))
    if missing.isEmpty, disabled.isEmpty { return usual }
    let votes = disabled.isEmpty ? [:] : votes(for: disabled, usual)
    var best = (architecture: usual, missing: missing.count, votes: votes[usual.name] ?? 0)
    for architecture in Architecture.all where architecture.name != usual.name {
      let lacks = headers.missing(in: path, for: architecture).count
      let named = votes[architecture.name] ?? 0
      // In doubt the file stays with the usual architecture.
      if (lacks, -named) < (best.missing, -best.votes) { best = (architecture, lacks, named) }
    }
    return best.architecture
  }

  /// The symbols without which the Makefiles leave a file out, and which are not set.
  private func disabledSymbols(
    gating path: String,
    _ configuration: KernelConfiguration
  ) -> [String] {
    gating.symbols(of: path).filter { configuration[$0] == nil }
  }

  /// How often the dependencies of symbols that are not set name an architecture.
  private func votes(for symbols: [String], _ usual: Architecture) -> [String: Int] {
    let database = database(for: usual)
    let configuration = configuration(for: usual.name)
    var votes: [String: Int] = [:]
    var seen: Set<String> = []
    var pending = symbols
    for _ in 0..<4 {
      var next: [String] = []
      for symbol in pending where configuration[symbol] == nil && seen.insert(symbol).inserted {
        let owners = headers.architectures(definingSymbol: symbol)
        for owner in owners { votes[owner, default: 0] += 12 / owners.count }
        guard owners.isEmpty else { continue }
        for definition in database.symbols[symbol]?.definitions ?? [] {
          next += definition.dependencies.positiveSymbols
        }
      }
      pending = next
    }
    return votes
  }

  /// The symbols that bring a file in and are not set, with what they depend on directly. A
  /// symbol that excludes one that is set, or that is an alternative to one, stays unset.
  private func symbolsToAssume(for path: String, _ context: ArchitectureContext) -> [String] {
    let disabled = disabledSymbols(gating: path, context.configuration)
    guard !disabled.isEmpty else { return [] }
    let database = database(for: context.architecture)
    var result: [String] = []
    for symbol in disabled {
      let needed = (database.symbols[symbol]?.definitions ?? []).flatMap {
        $0.dependencies.requiredSymbols
      }
      for name in [symbol] + needed
      where context.configuration[name] == nil && !result.contains(name) {
        let isExcluded = (database.symbols[name]?.definitions ?? []).contains { definition in
          definition.choice != nil
            || definition.dependencies.excludedSymbols.contains {
              context.configuration[$0] != nil
            }
        }
        if !isExcluded { result.append(name) }
      }
    }
    return result
  }

  /// A file of the same directory that includes a `.c` file which no Makefile names.
  private func includer(of path: String, _ context: ArchitectureContext) -> String? {
    let directory = path.parentPath ?? ""
    let object = path.withoutExtension + ".o"
    guard path.hasSuffix(".c"), buildingDirectory(of: object, in: directory, context) == nil else {
      return nil
    }
    let key = "\(context.architecture.name):\(path)"
    if let known = state.withLock({ $0.includers[key] }) { return known }
    let includer = headers.sources(in: directory).first { candidate in
      let object = candidate.withoutExtension + ".o"
      return candidate != path && headers.includes(candidate, path.lastPathComponent)
        && buildingDirectory(of: object, in: directory, context) != nil
    }
    state.withLock { $0.includers[key] = includer }
    return includer
  }

  private func database(for architecture: Architecture) -> KconfigDatabase {
    databases.value(for: architecture) {
      var reader = KconfigReader(files: kconfig, architecture: architecture.name)
      return reader.run()
    }
  }

  private func context(for architecture: Architecture) -> ArchitectureContext {
    contexts.value(for: architecture) {
      if architecture.name == preparedArchitecture, let build = tree.buildDirectory {
        return ArchitectureContext(prepared: architecture, root: tree.root, build: build)
      }
      return ArchitectureContext(
        unprepared: architecture,
        tree: tree,
        database: database(for: architecture)
      )
    }
  }

  // MARK: Makefiles

  private func specificArguments(for path: String, _ context: ArchitectureContext) -> [String] {
    let object = path.withoutExtension + ".o"
    let directory = path.parentPath ?? ""
    let building = buildingDirectory(of: object, in: directory, context) ?? directory
    let relative = String(object.dropFirst(building.isEmpty ? 0 : building.count + 1))
    var words: [String] = []
    for ancestor in Self.ancestors(of: building) {
      words += makefile(in: ancestor, context)?.subdirectoryFlags ?? []
    }
    let makefile = makefile(in: building, context)
    words += makefile?.flags ?? []
    words += makefile?.objectFlags[relative] ?? []
    if relative != object.lastPathComponent {
      words += makefile?.objectFlags[object.lastPathComponent] ?? []
    }

    let root = tree.root
    let build = context.buildDirectory ?? root
    let filter = FlagFilter(directories: build == root ? [root] : [root, build])
    var arguments = filter.filter(words)
    arguments.append("-I\(root)/\(building)")
    if build != root {
      arguments.append("-I\(build)/\(building)")
    }
    for include in headers.extraIncludes(of: path, for: context.architecture) {
      arguments.append("-I\(root)/\(include)")
    }
    let membership = makefile?.objects[relative]
    let base = Self.identifier(object.lastPathComponent.withoutExtension)
    let module = membership.map { Self.identifier($0.module) } ?? base
    if membership?.isModule ?? false { arguments.append("-DMODULE") }
    let file = building.isEmpty ? module : "\(building)/\(membership?.module ?? base)"
    arguments += [
      "-DKBUILD_MODFILE=\"\(file)\"",
      "-DKBUILD_BASENAME=\"\(base)\"",
      "-DKBUILD_MODNAME=\"\(module)\"",
      "-D__KBUILD_MODNAME=kmod_\(module)",
    ]
    return arguments
  }

  private static func identifier(_ name: String) -> String {
    String(name.map { $0 == "-" || $0 == "," || $0 == "." ? "_" : $0 })
  }

  /// The nearest directory at or above the object's whose Makefile names it.
  private func buildingDirectory(
    of object: String,
    in directory: String,
    _ context: ArchitectureContext
  ) -> String? {
    for ancestor in Self.ancestors(of: directory).reversed() where !ancestor.isEmpty {
      let relative = String(object.dropFirst(ancestor.count + 1))
      if makefile(in: ancestor, context)?.objects[relative] != nil { return ancestor }
    }
    return nil
  }

  /// The directories from the root to `directory`, both included.
  private static func ancestors(of directory: String) -> [String] {
    var result = [""]
    var path = ""
    for part in directory.split(separator: "/") {
      path += path.isEmpty ? String(part) : "/\(part)"
      result.append(path)
    }
    return result
  }

  private func makefile(
    in directory: String,
    _ context: ArchitectureContext
  ) -> DirectoryMakefile? {
    let key = "\(context.architecture.name):\(directory)"
    if let known = state.withLock({ $0.makefiles[key] }) { return known }
    let makefile = context.makefile(in: directory, root: tree.root)
    state.withLock { $0.makefiles[key] = makefile }
    return makefile
  }
}
