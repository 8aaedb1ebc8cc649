// SPDX-License-Identifier: GPL-2.0-only

/// A name whose mentions in other files a rule would have to see.
public enum UnseenName: Hashable, Sendable {
  /// A function that is not static.
  case function(String)
  /// A member of a struct: its name, the struct's tag, and the absolute path of the header that
  /// defines it.
  case member(String, of: String, header: String)

  /// The identifiers that files with mentions of it have.
  public var words: [String] {
    if case .member(let name, let tag, _) = self { [name, tag] } else { [name] }
  }

  public var name: String {
    switch self {
    case .function(let name): name
    case .member(let name, _, _): name
    }
  }
}
