// SPDX-License-Identifier: GPL-2.0-only
internal import Synchronization

/// Which headers each architecture has, and which a file wants.
final class ArchitectureHeaders: Sendable {
  private let root: String
  private let state = Mutex(State())

  private struct State {
    /// The angled includes of a file that hold under every configuration, with those of the
    /// headers beside it.
    var wanted: [String: [String]] = [:]
    var includes: [String: [IncludeDirective]] = [:]
    var exists: [String: Bool] = [:]
    /// Generated headers by architecture, as they are included.
    var wrappers: [String: Set<String>] = [:]
    /// Architectures by the Kconfig symbols that only files of one or two of them define.
    var symbols: [String: Set<String>]?
    /// Extra include directories by the headers in them.
    var platforms: [String: [(architecture: String, directory: String)]]?
  }

  init(root: String) { self.root = root }

  /// The headers that a file includes and that an architecture has not.
  func missing(in path: String, for architecture: Architecture) -> [String] {
    wanted(by: path).filter { !has($0, architecture) }
  }

  /// Include directories of an architecture's platforms that hold what a file includes and what
  /// is nowhere else.
  func extraIncludes(of path: String, for architecture: Architecture) -> [String] {
    let places = wanted(by: path)
      .filter { !isCommon($0) && !isIn(architecture, $0) }
      .compactMap { header in
        platforms[header]?.first { $0.architecture == architecture.name }?.directory
      }
    return Array(Set(places)).sorted()
  }

  /// The architectures whose Kconfig files define a symbol; none when more than two do.
  func architectures(definingSymbol symbol: String) -> Set<String> {
    if let known = state.withLock({ $0.symbols }) { return known[symbol] ?? [] }
    let symbols = readArchitectureSymbols()
    state.withLock { $0.symbols = symbols }
    return symbols[symbol] ?? []
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

  private func has(_ header: String, _ architecture: Architecture) -> Bool {
    if isCommon(header) || isIn(architecture, header) { return true }
    if wrappers(of: architecture).contains(header) { return true }
    return platforms[header]?.contains { $0.architecture == architecture.name } ?? false
  }

  /// The headers that the build generates for an architecture.
  private func wrappers(of architecture: Architecture) -> Set<String> {
    if let known = state.withLock({ $0.wrappers[architecture.name] }) { return known }
    let wrappers = AsmWrappers(root: root, architecture: architecture.name).names
    state.withLock { $0.wrappers[architecture.name] = wrappers }
    return wrappers
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

  /// The headers of `arch/mips/include/asm/mach-*`, `arch/arm/mach-*/include` and their like, by
  /// the name they are included with.
  private var platforms: [String: [(architecture: String, directory: String)]] {
    if let known = state.withLock({ $0.platforms }) { return known }
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
    state.withLock { [result] in $0.platforms = result }
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
