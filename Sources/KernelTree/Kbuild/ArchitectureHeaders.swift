// SPDX-License-Identifier: GPL-2.0-only
internal import Synchronization

/// Which headers each architecture has, and which a file wants.
final class ArchitectureHeaders: Sendable {
  private let root: String
  private let state = Mutex(State())

  /// Generated headers, as they are included.
  private let wrappers = PerArchitecture<Set<String>>()
  /// Architectures by the Kconfig symbols that only files of one or two of them define.
  private let symbols = Once<[String: Set<String>]>()
  /// Extra include directories by the headers in them.
  private let platforms = Once<[String: [(architecture: String, directory: String)]]>()

  private struct State {
    /// The angled includes of a file that hold under every configuration, with those of the
    /// headers beside it.
    var wanted: [String: [String]] = [:]
    /// Those of them that not every architecture has.
    var uncommon: [String: [String]] = [:]
    var includes: [String: [IncludeDirective]] = [:]
    var exists: [String: Bool] = [:]
  }

  init(root: String) { self.root = root }

  /// The headers that a file includes and that an architecture has not.
  func missing(in path: String, for architecture: Architecture) -> [String] {
    uncommon(in: path).filter { !has($0, architecture) }
  }

  /// Include directories of an architecture's platforms that hold what a file includes and what
  /// is nowhere else.
  func extraIncludes(of path: String, for architecture: Architecture) -> [String] {
    let places = uncommon(in: path)
      .filter { !isIn(architecture, $0) }
      .compactMap { header in
        directories(with: header)?.first { $0.architecture == architecture.name }?.directory
      }
    return Array(Set(places)).sorted()
  }

  /// The architectures whose Kconfig files define a symbol; none when more than two do.
  func architectures(definingSymbol symbol: String) -> Set<String> {
    symbols.value(readArchitectureSymbols)[symbol] ?? []
  }

  /// The `.c` files of a directory, relative to the tree's root.
  func sources(in directory: String) -> [String] {
    let entries = (try? FileSystem.entries(of: "\(root)/\(directory)")) ?? []
    return entries.map { "\(directory)/\(String(decoding: $0.name, as: UTF8.self))" }
      .filter { $0.hasSuffix(".c") }
  }

  /// Whether a file includes another one of its directory.
  func includes(_ path: String, _ name: String) -> Bool {
    directIncludes(of: path).contains { !$0.isAngled && $0.path == name }
  }

  /// Whether an architecture has a header that not all of them have.
  private func has(_ header: String, _ architecture: Architecture) -> Bool {
    if isIn(architecture, header) { return true }
    let generated = wrappers.value(for: architecture) {
      AsmWrappers(root: root, architecture: architecture.name).names
    }
    if generated.contains(header) { return true }
    return directories(with: header)?.contains { $0.architecture == architecture.name } ?? false
  }

  private func isIn(_ architecture: Architecture, _ header: String) -> Bool {
    let base = "arch/\(architecture.name)/include"
    return exists("\(base)/\(header)") || exists("\(base)/uapi/\(header)")
      || architecture.includes.contains { exists("\($0)/\(header)") }
  }

  private func isCommon(_ header: String) -> Bool {
    exists("include/\(header)") || exists("include/uapi/\(header)")
      || header.hasPrefix("generated/")
  }

  private func exists(_ path: String) -> Bool {
    if let known = state.withLock({ $0.exists[path] }) { return known }
    let exists = FileSystem.isRegularFile("\(root)/\(path)")
    state.withLock { $0.exists[path] = exists }
    return exists
  }

  // MARK: What a file wants

  /// The angled includes of a file that hold under every configuration, with those of the headers
  /// beside it.
  func wanted(by path: String) -> [String] {
    if let known = state.withLock({ $0.wanted[path] }) { return known }
    var seen: Set<String> = []
    let wanted = Array(Set(includes(of: path, depth: 0, seen: &seen))).sorted()
    state.withLock { $0.wanted[path] = wanted }
    return wanted
  }

  private func uncommon(in path: String) -> [String] {
    if let known = state.withLock({ $0.uncommon[path] }) { return known }
    let uncommon = wanted(by: path).filter { !isCommon($0) }
    state.withLock { $0.uncommon[path] = uncommon }
    return uncommon
  }

  private func includes(of path: String, depth: Int, seen: inout Set<String>) -> [String] {
    guard depth < 3, seen.insert(path).inserted else { return [] }
    let directory = path.parentPath ?? ""
    var result: [String] = []
    for include in directIncludes(of: path) where include.conditions.isEmpty {
      let local = "\(directory)/\(include.path)".normalizedPath
      if !include.isAngled, exists(local) {
        result += includes(of: local, depth: depth + 1, seen: &seen)
      } else if include.isAngled {
        result.append(include.path)
      }
    }
    return result
  }

  /// Takes what a file includes from what was read of it before.
  func note(_ includes: [IncludeDirective], of path: String) {
    FileTrace.current?.note("\(root)/\(path)")
    state.withLock { $0.includes[path] = includes }
  }

  private func directIncludes(of path: String) -> [IncludeDirective] {
    if let known = state.withLock({ $0.includes[path] }) { return known }
    let source = FileSystem.contents("\(root)/\(path)", limitBytes: 4 << 20)
    let includes = source.map { NameTable([]).lex($0).includes } ?? []
    state.withLock { $0.includes[path] = includes }
    return includes
  }

  // MARK: What the architectures have

  private func readArchitectureSymbols() -> [String: Set<String>] {
    var owners: [String: Set<String>] = [:]
    for architecture in Architecture.all {
      for file in kconfigFiles(under: "arch/\(architecture.name)", depth: 0) {
        guard let bytes = FileSystem.contents("\(root)/\(file)", limitBytes: 4 << 20) else {
          continue
        }
        for line in bytes.split(separator: ASCII.newline) {
          let words = line.split(whereSeparator: \.isBlank)
          guard words.count == 2, words[0].last == UInt8(ascii: "g"),
            words[0].elementsEqual("config".utf8) || words[0].elementsEqual("menuconfig".utf8)
          else { continue }
          let symbol = String(decoding: words[1], as: UTF8.self)
          owners[symbol, default: []].insert(architecture.name)
        }
      }
    }
    return owners.filter { $0.value.count <= 2 }
  }

  private func kconfigFiles(under directory: String, depth: Int) -> [String] {
    guard depth < 3, let entries = try? FileSystem.entries(of: "\(root)/\(directory)") else {
      return []
    }
    return entries.flatMap { entry -> [String] in
      let name = String(decoding: entry.name, as: UTF8.self)
      let path = "\(directory)/\(name)"
      if name.hasPrefix("Kconfig") { return [path] }
      return entry.kind == .directory ? kconfigFiles(under: path, depth: depth + 1) : []
    }
  }

  private func directories(
    with header: String
  ) -> [(architecture: String, directory: String)]? {
    platforms.value(readPlatforms)[header]
  }

  /// The headers of `arch/mips/include/asm/mach-*`, `arch/arm/mach-*/include` and their like, by
  /// the name they are included with.
  private func readPlatforms() -> [String: [(architecture: String, directory: String)]] {
    var result: [String: [(architecture: String, directory: String)]] = [:]
    for architecture in Architecture.all {
      let base = "arch/\(architecture.name)"
      var directories: [String] = []
      for (parent, suffix) in [(base, "/include"), ("\(base)/include/asm", "")] {
        for entry in (try? FileSystem.entries(of: "\(root)/\(parent)")) ?? [] {
          let name = String(decoding: entry.name, as: UTF8.self)
          if name.hasPrefix("mach-") || name.hasPrefix("plat-") {
            directories.append("\(parent)/\(name)\(suffix)")
          }
        }
      }
      for directory in directories {
        for header in headerNames(under: directory, depth: 0) {
          result[header, default: []].append((architecture.name, directory))
          // A platform's variants have directories of their own on the include path.
          guard let variant = header.parentPath else { continue }
          result[header.lastPathComponent, default: []].append(
            (architecture.name, "\(directory)/\(variant)")
          )
        }
      }
    }
    return result
  }

  private func headerNames(under directory: String, depth: Int) -> [String] {
    guard depth < 3, let entries = try? FileSystem.entries(of: "\(root)/\(directory)") else {
      return []
    }
    return entries.flatMap { entry -> [String] in
      let name = String(decoding: entry.name, as: UTF8.self)
      if name.hasSuffix(".h") { return [name] }
      guard entry.kind == .directory else { return [] }
      return headerNames(under: "\(directory)/\(name)", depth: depth + 1).map { "\(name)/\($0)" }
    }
  }
}
