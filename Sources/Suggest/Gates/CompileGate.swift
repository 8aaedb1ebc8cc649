// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree
internal import TreeScan

/// The changed files compile, with the tree's own flags, without a warning that was not there.
///
/// The flags are those that `make prepare` saved for `asm-offsets.s`, with the file's own from its
/// Makefiles: neither make nor anything else of the tree is run, only the system's compiler. What
/// it reads in place of changed files lies in a temporary directory, as does what it writes.
struct CompileGate {
  let tree: KernelTree

  /// Files beside the changed ones that are compiled at most, since they read the addresses.
  static let readerLimit = 4

  /// - Parameter flags: of a file, by its absolute path; nil when nothing says how it is compiled
  func check(
    _ files: EditedFiles,
    flags: (String) -> CompileFlags?
  ) throws -> GateResult {
    let units = files.joinedBefore == nil ? [files.input.path] : files.units
    let readers = HeaderUsers.readers(of: files).filter { !units.contains($0) }
    var passed: [GateResult] = []
    for path in units + readers.prefix(Self.readerLimit) {
      guard let flags = flags(path) else {
        return Gate.compiles.skipped("nothing says how \(path) is compiled")
      }
      let source = path == files.input.path ? files.input.unitPath : path
      let result = try check(source, files, flags: flags)
      guard result.outcome == .passed else { return result }
      passed.append(result)
    }
    guard passed.count > 1, let compiler = passed.first?.detail.prefix(while: { $0 != " " }) else {
      return passed.first ?? Gate.compiles.skipped("there is no file to compile")
    }
    return Gate.compiles.passed("\(compiler) compiles \(passed.count) files without new warnings")
  }

  private func check(
    _ source: String,
    _ files: EditedFiles,
    flags: CompileFlags
  ) throws -> GateResult {
    guard flags.origin == .kbuild, let build = tree.buildDirectory else {
      return Gate.compiles.skipped("the tree is not prepared for the file's architecture")
    }
    if let other = self.source(of: build), other != tree.root {
      return Gate.compiles.skipped("\(build) was prepared from another tree, \(other)")
    }
    guard
      let saved = SavedCommand(
        "\(build)/arch/\(flags.architecture)/kernel/.asm-offsets.s.cmd",
        directory: build
      )
    else { return Gate.compiles.skipped("make prepare has left no flags of the compiler") }
    let new = try messages(of: source, files.textsAfter, files, saved, flags, build)
    if new.failure != nil || !new.warnings.isEmpty {
      let old = try messages(of: source, files.textsBefore, files, saved, flags, build)
      if let failure = old.failure {
        return Gate.compiles.skipped("the file does not compile as it is: \(failure)")
      }
      if let failure = new.failure { return Gate.compiles.failed(failure) }
      var known = old.warnings
      for warning in new.warnings {
        guard let index = known.firstIndex(of: warning) else {
          return Gate.compiles.failed(warning)
        }
        known.remove(at: index)
      }
    }
    return Gate.compiles.passed("\(saved.compiler) compiles it without new warnings")
  }

  /// The tree that a directory of make's O= belongs to, by the link that make leaves there.
  private func source(of build: String) -> String? {
    guard
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(build)/source")
    else { return nil }
    let path = target.hasPrefix("/") ? target : "\(build)/\(target)"
    return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private struct Messages {
    var failure: String?
    /// Without line numbers.
    var warnings: [String] = []
  }

  private func messages(
    of source: String,
    _ texts: [String: [UInt8]],
    _ files: EditedFiles,
    _ saved: SavedCommand,
    _ flags: CompileFlags,
    _ build: String
  ) throws -> Messages {
    let shadow = try ShadowTree(of: tree.root, texts: texts.merging(files.before) { new, _ in new })
    defer { shadow.remove() }
    let own = shadow.shadowing(flags.specific)
    let output = try ExternalCommand(
      program: saved.compiler,
      arguments: shadow.shadowing(saved.arguments) + own
        + ["-Wno-error", "-c", "-o", shadow.output, shadow.path(of: source)],
      directory: build,
      environment: ["LC_ALL": "C"]
    ).run()
    let lines = output.text.split(separator: "\n")
    let warnings = lines.compactMap { line -> String? in
      guard let range = line.range(of: ": warning: ") else { return nil }
      let file = line.prefix { $0 != ":" }.split(separator: "/").last ?? ""
      return "\(file): \(line[range.upperBound...])"
    }
    guard output.status != 0 else { return Messages(warnings: warnings) }
    let error = lines.first { $0.contains("error:") } ?? lines.last ?? "no message"
    return Messages(failure: String(error).replacing(shadow.root + "/", with: ""))
  }
}

/// A command that Kbuild has saved beside its target.
struct SavedCommand {
  let compiler: String
  /// Without the source, the output, what writes files and what loads code into the compiler.
  let arguments: [String]

  init?(_ path: String, directory: String) {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let text = String(decoding: data, as: UTF8.self)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("savedcmd_") }),
      let command = line.range(of: " := ")
    else { return nil }
    let words = Self.words(line[command.upperBound...])
    guard let compiler = words.first, Self.isCompiler(compiler) else {
      return nil
    }
    self.compiler = compiler
    var arguments: [String] = []
    var rest = words.dropFirst()
    while let word = rest.popFirst() {
      switch word {
      case ";", "&&", "|": rest = []
      case "-o", "-wrapper", "-B", "-Xlinker", "-aux-info", "-dumpbase": _ = rest.popFirst()
      case "-S", "-c", "-fverbose-asm", "-Werror": break
      case _ where Self.isOfTheTarget(word): break
      case "-I", "-include", "-isystem", "-iquote":
        if let value = rest.popFirst() { arguments += [word, value] }
      default:
        guard word.hasPrefix("-") else { continue }
        arguments.append(word)
      }
    }
    self.arguments = arguments
  }

  /// Only compilers by their usual names are ever run.
  private static func isCompiler(_ name: String) -> Bool {
    name.wholeMatch(of: /(?:[a-z0-9_]+-)*(?:gcc|clang)(?:-[0-9.]+)?/) != nil
  }

  private static func isOfTheTarget(_ word: String) -> Bool {
    ["-Wp,", "-fplugin", "-specs", "-B", "-DKBUILD_", "-D__KBUILD_MODNAME", "-save-temps", "@"]
      .contains { word.hasPrefix($0) }
  }

  /// As a shell splits them: quotes of both kinds, no substitution.
  private static func words(_ text: Substring) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == " " {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let done = word { words.append(done) }
    return words
  }
}

/// A temporary directory that stands in front of a tree: it has the changed files, and links to
/// what lies beside them, since files include their neighbours.
struct ShadowTree {
  let root: String
  private let tree: String
  private let directories: Set<String>

  /// - Parameter texts: by absolute path
  init(of tree: String, texts: [String: [UInt8]]) throws {
    let manager = FileManager.default
    self.tree = tree
    root = manager.temporaryDirectory.appending(path: "twostep-\(UUID().uuidString)").path
    var files: [String: [UInt8]] = [:]
    for (path, bytes) in texts where path.hasPrefix(tree + "/") {
      files[String(path.dropFirst(tree.count + 1))] = bytes
    }
    let directories = Set(files.keys.map(Self.directory))
    do {
      // All directories before any link, so that nothing is ever written through one.
      for directory in directories {
        try manager.createDirectory(
          atPath: "\(root)/\(directory)",
          withIntermediateDirectories: true
        )
      }
      for (path, bytes) in files {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(path)"))
      }
      for directory in directories {
        for name in try manager.contentsOfDirectory(atPath: "\(tree)/\(directory)") {
          let link = "\(root)/\(directory)/\(name)"
          guard !manager.fileExists(atPath: link) else { continue }
          try manager.createSymbolicLink(
            atPath: link,
            withDestinationPath: "\(tree)/\(directory)/\(name)"
          )
        }
      }
    } catch {
      try? manager.removeItem(atPath: root)
      throw error
    }
    self.directories = directories
  }

  private static func directory(of path: String) -> String {
    path.split(separator: "/").dropLast().joined(separator: "/")
  }

  var output: String { "\(root)/object.o" }

  /// Where to read a file of the tree.
  func path(of path: String) -> String {
    guard path.hasPrefix(tree + "/") else { return path }
    let own = root + path.dropFirst(tree.count)
    return FileManager.default.fileExists(atPath: own) ? own : path
  }

  /// Arguments by which headers are looked for here first.
  func shadowing(_ arguments: [String]) -> [String] {
    arguments.flatMap { argument -> [String] in
      guard argument.hasPrefix("-I\(tree)/") else { return [argument] }
      let directory = argument.dropFirst(tree.count + 3)
      let isAbove = directories.contains {
        $0 == directory || $0.hasPrefix(directory + "/")
      }
      return isAbove ? ["-I\(root)/\(directory)", argument] : [argument]
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: root) }
}
