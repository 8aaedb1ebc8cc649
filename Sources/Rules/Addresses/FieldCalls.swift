// SPDX-License-Identifier: GPL-2.0-only

internal import KernelAPI

/// Looks, by tokens alone, for calls that end or sync mappings through a field.
package enum FieldCalls {
  /// The line of the first such call in a C file; nil when there is none.
  package static func line(of field: String, in bytes: [UInt8]) -> Int? {
    // Few files mention both; the rest need not be split into tokens.
    guard bytes.contains(word: "dma_"), bytes.contains(word: field) else { return nil }
    let tokens = CToken.tokens(of: bytes).filter { $0.kind != .comment }
    var number = 0
    while number + 1 < tokens.count {
      defer { number += 1 }
      guard tokens[number].kind == .identifier, tokens[number + 1].text == "(",
        let role = APICatalogue.function(named: tokens[number].text)?.role,
        [.unmap, .syncForCPU, .syncForDevice].contains(role)
      else { continue }
      var depth = 0
      for index in (number + 1)..<tokens.count {
        if tokens[index].text == "(" { depth += 1 }
        if tokens[index].text == ")" { depth -= 1 }
        if depth == 0 { break }
        let isMember = tokens[index - 1].text == "." || tokens[index - 1].text == "->"
        if isMember, tokens[index].text == field { return tokens[number].line }
      }
    }
    return nil
  }
}
