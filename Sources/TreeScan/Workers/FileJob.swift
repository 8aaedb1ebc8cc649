// SPDX-License-Identifier: GPL-2.0-only

/// One file whose occurrences of catalogued names are to be found in the syntax tree.
public struct FileJob: Codable, Sendable {
  /// Relative to the tree.
  public var path: String
  public var absolutePath: String
  /// The file to parse when no Makefile compiles this one on its own: one that includes it.
  public var includedBy: String?
  /// Flags that all files of one kind share; the precompiled header was made with them.
  public var commonArguments: [String]
  /// Flags of this file alone.
  public var ownArguments: [String]
  /// Compiled form of the kernel's most used headers.
  public var precompiledHeader: String?
  /// The names to account for.
  public var names: [String]

  public init(
    path: String,
    absolutePath: String,
    includedBy: String? = nil,
    commonArguments: [String],
    ownArguments: [String],
    precompiledHeader: String?,
    names: [String]
  ) {
    self.path = path
    self.absolutePath = absolutePath
    self.includedBy = includedBy
    self.commonArguments = commonArguments
    self.ownArguments = ownArguments
    self.precompiledHeader = precompiledHeader
    self.names = names
  }

  // MARK: The command line

  /// The compiler would look, at each parse, whether any of the hundreds of files of a precompiled
  /// header has changed; the scan has done that once, before it hands the header out.
  func arguments(after header: String?, own: [String]) -> [String] {
    let precompiled = header.map { ["-include-pch", $0, "-Xclang", "-fno-validate-pch"] } ?? []
    return commonArguments + precompiled + own
  }

  /// The precompiled headers that a command line uses, if any.
  func precompiledHeader(of arguments: [String]) -> String? {
    arguments.contains("-include-pch") ? precompiledHeader : nil
  }

  /// Files that the compiler is told to include before all others, or to take the macros of.
  var forcedIncludes: [String] {
    let arguments = commonArguments + ownArguments
    return zip(arguments, arguments.dropFirst()).filter {
      $0.0 == "-include" || $0.0 == "-imacros"
    }.map(\.1)
  }

  /// The file's own arguments but for those that name the file and its module.
  var sharedArguments: [String] { ownArguments.filter { Self.moduleDefinition($0) == nil } }

  /// What names the file and its module: macros, each with its value behind a `=`.
  var moduleDefinitions: [String] { ownArguments.compactMap(Self.moduleDefinition) }

  private static func moduleDefinition(_ argument: String) -> String? {
    let isOne = argument.hasPrefix("-DKBUILD_") || argument.hasPrefix("-D__KBUILD_")
    return isOne ? String(argument.dropFirst(2)) : nil
  }

  // MARK: Between processes

  private enum CodingKeys: CodingKey {
    case path, absolutePath, includedBy, commonArguments, ownArguments, precompiledHeader, names
  }

  /// A list is one text, the lengths in front: JSON takes ten times as long over the hundred words
  /// of a command line.
  private static func joined(_ list: [String]) -> String {
    list.map { String($0.utf8.count) }.joined(separator: ",") + ":" + list.joined()
  }

  /// Nil for a text that ``joined(_:)`` did not make.
  private static func list(_ text: String) -> [String]? {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    var start = text.utf8.index(after: colon)
    var list: [String] = []
    for word in text.utf8[..<colon].split(separator: UInt8(ascii: ",")) {
      guard let length = Int(Substring(word)), length >= 0,
        let end = text.utf8.index(start, offsetBy: length, limitedBy: text.endIndex)
      else { return nil }
      list.append(String(text[start..<end]))
      start = end
    }
    return start == text.endIndex ? list : nil
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func list(_ key: CodingKeys) throws -> [String] {
      guard let list = Self.list(try values.decode(String.self, forKey: key)) else {
        throw DecodingError.dataCorruptedError(
          forKey: key,
          in: values,
          debugDescription: "its lengths are not those of its words"
        )
      }
      return list
    }
    path = try values.decode(String.self, forKey: .path)
    absolutePath = try values.decode(String.self, forKey: .absolutePath)
    includedBy = try values.decodeIfPresent(String.self, forKey: .includedBy)
    commonArguments = try list(.commonArguments)
    ownArguments = try list(.ownArguments)
    precompiledHeader = try values.decodeIfPresent(String.self, forKey: .precompiledHeader)
    names = try list(.names)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(path, forKey: .path)
    try values.encode(absolutePath, forKey: .absolutePath)
    try values.encodeIfPresent(includedBy, forKey: .includedBy)
    try values.encode(Self.joined(commonArguments), forKey: .commonArguments)
    try values.encode(Self.joined(ownArguments), forKey: .ownArguments)
    try values.encodeIfPresent(precompiledHeader, forKey: .precompiledHeader)
    try values.encode(Self.joined(names), forKey: .names)
  }
}
