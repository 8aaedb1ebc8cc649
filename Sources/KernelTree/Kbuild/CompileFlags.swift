// SPDX-License-Identifier: GPL-2.0-only

/// How one file of a kernel tree is compiled, in the form that clang takes.
public struct CompileFlags: Sendable, Hashable, Codable {
  /// Where the flags come from.
  public enum Origin: String, Sendable, Codable, CaseIterable {
    /// The tree's compile_commands.json, which names the file.
    case compileCommands = "compile-commands"
    /// The tree's Makefiles with the `.config` and generated headers of a build directory.
    case kbuild
    /// The tree's Makefiles with a configuration and generated headers made up in memory, as the
    /// tree is not prepared for the file's architecture.
    case overlay
  }

  /// Arguments that every file of the same architecture and origin has, in front of the others: a
  /// precompiled header can be made with them. Empty when the flags come from
  /// compile_commands.json.
  public let common: [String]
  /// The arguments of this file.
  public let specific: [String]
  /// The directory under `arch/` whose headers the file is compiled with.
  public let architecture: String
  public let origin: Origin
  /// The file to parse instead, relative to the tree's root: the one that includes this one, when
  /// no Makefile compiles it on its own. The flags are those of that file.
  public let includedBy: String?
  /// The Kconfig symbols that the configuration leaves unset and without which the file is not
  /// built; they are defined for it.
  public let assumed: [String]

  public init(
    common: [String],
    specific: [String],
    architecture: String,
    origin: Origin,
    includedBy: String? = nil,
    assumed: [String] = []
  ) {
    self.common = common
    self.specific = specific
    self.architecture = architecture
    self.origin = origin
    self.includedBy = includedBy
    self.assumed = assumed
  }

  /// All arguments, without the compiler and the file.
  public var arguments: [String] { common + specific }

  /// The directories in which arguments have headers looked for, in order. The tree's flags have
  /// each in one word with its `-I`, however a Makefile or compile_commands.json spells it.
  package static func includeDirectories(_ arguments: [String]) -> [String] {
    arguments.compactMap { $0.hasPrefix("-I") ? String($0.dropFirst(2)) : nil }
  }
}
