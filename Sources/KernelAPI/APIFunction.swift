// SPDX-License-Identifier: GPL-2.0-only

/// One catalogued kernel function or macro.
public struct APIFunction: Sendable, Hashable {
  public let name: String
  public let family: APIFamily
  public let role: APIRole
  /// The form in which memory is passed or was mapped; nil when the function is about neither.
  public let memory: MemoryKind?
  /// One role a parameter, in order.
  public let parameters: [ArgumentRole]
  public let result: APIResult
  /// The header that declares it, as in `#include <…>`, in the newest release that has it.
  public let header: String
  /// The first release that has it; nil when that is older than Linux 4.0.
  public let introduced: KernelRelease?
  /// The first release that has it no longer.
  public let removed: KernelRelease?
  /// The call that it stands for, when it is a thin wrapper.
  public let forwardsTo: ForwardedCall?

  /// The position of the first parameter with a role.
  public func index(of role: ArgumentRole) -> Int? {
    parameters.firstIndex(of: role)
  }

  /// Whether a release has this function.
  public func exists(in release: KernelRelease) -> Bool {
    if let introduced, release < introduced { return false }
    if let removed, release >= removed { return false }
    return true
  }
}

/// The call that a thin wrapper makes: a function and its arguments, written with `$0`, `$1`, …
/// for the wrapper's own arguments.
public struct ForwardedCall: Sendable, Hashable {
  public let function: String
  public let arguments: [String]

  public init(function: String, arguments: [String]) {
    self.function = function
    self.arguments = arguments
  }

  /// The call written with the given argument texts in the place of `$0`, `$1`, ….
  ///
  /// An argument that is not a plain operand is put in parentheses when the template applies an
  /// operator to it. A placeholder beyond the given arguments stays as it is.
  public func substituting(_ actual: [String]) -> ForwardedCall {
    ForwardedCall(
      function: function,
      arguments: arguments.map { Self.substitute(in: $0, with: actual) }
    )
  }

  private static func substitute(in template: String, with actual: [String]) -> String {
    let text = Array(template)
    var result = ""
    var position = 0
    while position < text.count {
      var end = position + 1
      while text[position] == "$", end < text.count, text[end].isNumber { end += 1 }
      guard end > position + 1, let index = Int(String(text[(position + 1)..<end])),
        actual.indices.contains(index)
      else {
        result.append(text[position])
        position += 1
        continue
      }
      let stands = position == 0 && end == text.count
      let enclosed = position > 0 && text[position - 1] == "(" && end < text.count
      let delimited = enclosed && text[end] == ")"
      if stands || delimited || isOperand(actual[index]) {
        result += actual[index]
      } else {
        result += "(\(actual[index]))"
      }
      position = end
    }
    return result
  }

  /// Whether a text is a postfix expression, which binds tighter than any operator of a template:
  /// names joined by `.` and `->`, with calls and subscripts.
  private static func isOperand(_ text: String) -> Bool {
    var depth = 0
    var rest = Substring(text)
    while let character = rest.first {
      if depth == 0, rest.hasPrefix("->") {
        rest = rest.dropFirst(2)
        continue
      }
      rest = rest.dropFirst()
      switch character {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "_", ".", "$": break
      default:
        if depth == 0, !character.isLetter, !character.isNumber { return false }
      }
    }
    return depth == 0 && !text.hasPrefix("(")
  }
}

extension APIFunction: CustomStringConvertible {
  public var description: String { name }
}
