// SPDX-License-Identifier: GPL-2.0-only

/// Where in the language an occurrence stands.
public enum LexicalClass: String, Sendable, Codable, CaseIterable {
  case code
  /// The name that a `#define` defines.
  case macroName = "macro-name"
  /// The parameters or the replacement of a macro.
  case macroBody = "macro-body"
  /// Any other preprocessor line.
  case directive
  case comment
  case string
  case character
}

/// What an occurrence looks like to its neighbours.
public enum OccurrenceShape: String, Sendable, Codable, CaseIterable {
  /// `name (`.
  case call
  /// `name ( … ) {` outside every brace.
  case definition
  /// `type name ( … ) ;` outside every brace.
  case declaration
  /// `.name` or `->name`: a member that has the same name.
  case member
  /// A member called: `->name (`.
  case memberCall = "member-call"
  /// Any other: a function pointer taken, a variable of the same name, text.
  case mention
}

/// One place where a name stands as a whole identifier.
public struct Occurrence: Sendable, Hashable, Codable {
  public let name: String
  /// Bytes from the start of the file.
  public let offset: Int
  /// One-based.
  public let line: Int
  /// One-based, in bytes.
  public let column: Int
  public let lexicalClass: LexicalClass
  public let shape: OccurrenceShape
  /// Index into ``LexedSource/functions`` of the function whose body it is in.
  public let function: Int?
  /// The macro whose name or body it is.
  public let macro: String?
  /// The conditional directives around it, outermost first; an include guard is not among them.
  public let conditions: [Condition]

  /// Whether `(` follows the name.
  public var isCallShaped: Bool {
    switch shape {
    case .call, .definition, .declaration, .memberCall: true
    case .member, .mention: false
    }
  }
}

/// A function definition, as braces and parentheses show it.
public struct FunctionRange: Sendable, Hashable, Codable {
  public let name: String
  /// Offset of the first token of the definition.
  public let start: Int
  /// From the opening brace to the one past the closing brace.
  public let body: Range<Int>
  /// Whether the braces match whichever way the conditionals around and in it go. The range of
  /// one that is not balanced is a guess.
  public let isBalanced: Bool
}

/// An `#include`, in the file's order.
public struct IncludeDirective: Sendable, Hashable, Codable {
  public let path: String
  /// `<path>`, as opposed to `"path"`.
  public let isAngled: Bool
  /// Of the `#`, in bytes from the start of the file.
  public let offset: Int
  public let line: Int
  public let conditions: [Condition]
}

/// Something in a file that keeps the lexer from being sure.
public struct LexicalDefect: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Codable {
    case unterminatedComment = "unterminated-comment"
    case unterminatedConditional = "unterminated-conditional"
    case strayConditional = "stray-conditional"
    case unbalancedBraces = "unbalanced-braces"
  }

  public let kind: Kind
  public let line: Int
}

/// What the lexer found in one file.
public struct LexedSource: Sendable, Hashable {
  /// In ascending order of their offsets.
  public internal(set) var occurrences: [Occurrence] = []
  /// In the order of their opening braces.
  public internal(set) var functions: [FunctionRange] = []
  public internal(set) var includes: [IncludeDirective] = []
  public internal(set) var defects: [LexicalDefect] = []
  /// The bytes of every preprocessor line with its continuations.
  var directives: [Range<Int>] = []
  /// The macros that the file defines, with the names among their replacement's identifiers.
  var macros: [MacroRange] = []
}

struct MacroRange: Sendable, Hashable {
  let name: String
  let body: Range<Int>
}
