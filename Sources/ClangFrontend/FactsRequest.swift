// SPDX-License-Identifier: GPL-2.0-only

/// Which function bodies to lower.
public struct FactsRequest {
  public enum Functions {
    /// Every function defined in the main file.
    case mainFile
    /// The functions of the main file whose text contains one of these byte offsets.
    case containing([Int])
    /// Functions of these names, wherever they are defined.
    case named(Set<String>)
    /// Every function of the unit, headers included, whose name satisfies the condition.
    case matching((String) -> Bool)
  }

  public var functions: Functions
  /// The file that stands for the main file, for text that another file includes; nil for the one
  /// that was parsed.
  public var mainFile: String?
  /// Whether the body of a function that a lowered function names is lowered as well, wherever the
  /// unit defines it.
  public var follows: (String) -> Bool
  /// Whether initialisers of file-scope variables are lowered; large tables cost time.
  public var lowersGlobalInitializers: Bool
  /// Whether a record of which an expression names a field is described with types, offsets and
  /// places of all its fields. Otherwise only the fields that are named have their type, which
  /// saves looking at most of the kernel's structures.
  public var laysOutRecords: Bool
  /// Tags of enumerations at file scope that are wanted, whether anything names their type or not.
  public var enumerations: Set<String>

  public init(
    _ functions: Functions,
    mainFile: String? = nil,
    follows: @escaping (String) -> Bool = { _ in false },
    lowersGlobalInitializers: Bool = false,
    laysOutRecords: Bool = true,
    enumerations: Set<String> = []
  ) {
    self.functions = functions
    self.mainFile = mainFile
    self.follows = follows
    self.lowersGlobalInitializers = lowersGlobalInitializers
    self.laysOutRecords = laysOutRecords
    self.enumerations = enumerations
  }
}
