// SPDX-License-Identifier: GPL-2.0-only

/// What a metavariable of a rule may stand for, in the words of the rule file.
public enum Metavariable: Hashable, Sendable {
  /// `expression`
  case expression
  /// `variable`: a local variable of the enclosing function.
  case variable
  /// `invariant`: an expression whose variables the enclosing loop does not change.
  case invariant
  /// `constant`: an expression with a value that the compiler knows.
  case constant
  /// `constant or member beside STORAGE`: such an expression, or a member of the struct that has the
  /// array, which the enclosing loop does not change.
  case constantOrMember(storage: String)
  /// `index`: counts up from 0, one an iteration; `index in any order` may count down as well.
  case index(inAnyOrder: Bool)
  /// `storage`: an array of DMA addresses, or of structs with one each, that lives in a field.
  case storage
  /// `state beside STORAGE`: a `struct dma_iova_state` that the rewrite adds to the same struct.
  case state(storage: String)
  /// `failure`: one statement that leaves the function's normal course.
  case failure
  /// `FAILURE after the loop`: the same without what concerns the current iteration only.
  case failureAfterLoop(of: String)
  /// `INDEX after the loop`: the number of iterations, written so that it is right there.
  case count(of: String)
  /// `COUNT above 0`: a condition to put before `&&` or alone into an `if`; left out where the
  /// value is known to be above 0.
  case positive(of: String)
  /// `reset of STATE`: a line that clears the state, left out where nothing can use it again.
  case reset(of: String)
  /// `PAGE_SIZE` or another name: exactly this text.
  case spelled(String)
  /// `multiple of PAGE_SIZE`: that name, shifted or multiplied by a number, or a macro for it.
  case multiple(of: String)
  /// `page-aligned`: a buffer that comes from the page allocator.
  case pageAligned
  /// `a() or b()`: one of these functions.
  case function([String])
  /// `struct page *`: an expression of this type.
  case typed(String)
  /// `unsigned long parameter`: a parameter of the enclosing function of this type; `unsigned long`
  /// and `unsigned int` stand for every unsigned type as wide, and `int` for one of either sign.
  case parameter(type: String)
  /// `unsigned long variable`: a local variable of the enclosing function of this type.
  case typedVariable(type: String)
  /// `unsigned long member beside TABLE`: a member of the table's struct, of this type, which nothing
  /// else uses, so that the rewrite does away with it.
  case cursor(type: String, table: String)
  /// `table of pages`: the address of a `struct sg_table` or `struct sg_append_table` that lives in a
  /// struct.
  case table
  /// `list of pfns`: what `hmm_range_fault()` fills, an array that lives in a field.
  case listOfPFNs
  /// `map in place of LIST`: a `struct hmm_dma_map` that the rewrite puts where the list was.
  case map(list: String)
  /// `device beside LIST`: a device that is found from the struct with the list.
  case device(list: String)
  /// `entry of an array`: where one address is kept, or a variable that it was loaded into, of an
  /// array that lives in a field.
  case entry
  /// `offset of ENTRY`: the number of that entry times its size.
  case offset(of: String)
  /// `array of addresses`: the array itself, in its field.
  case addresses
  /// `bytes of COUNT`: that many entries in bytes.
  case length(of: String)
  /// `power of two beside ENTRY`: 1 shifted by a member of the struct that has the array.
  case shifted(entry: String)
  /// `device of ENTRY`: a device that is found from the struct with the array.
  case deviceOfEntry(String)
  /// `page of hmm_range_fault()`: a page that `hmm_pfn_to_page()` returned here or to a caller.
  case faultedPage
  /// `allocator`: a function that gives out an array; its first arguments are matched.
  case allocator
  /// `error variable`: a local variable that the rewrite puts an error into.
  case error
  /// `FAILURE with ERROR`: the same statements with the error in place of a constant.
  case failureWith(of: String, error: String)
  /// `new struct tag`: a local variable of this type that the rewrite declares, zeroed.
  case local(type: String)

  init(_ text: String, known: Set<String>) throws(Unreadable) {
    let words = text.split(separator: " ").map(String.init)
    switch text {
    case "expression": self = .expression
    case "variable": self = .variable
    case "invariant": self = .invariant
    case "constant": self = .constant
    case "index": self = .index(inAnyOrder: false)
    case "index in any order": self = .index(inAnyOrder: true)
    case "storage": self = .storage
    case "failure": self = .failure
    case "page-aligned": self = .pageAligned
    case "table of pages": self = .table
    case "list of pfns": self = .listOfPFNs
    case "allocator": self = .allocator
    case "entry of an array": self = .entry
    case "array of addresses": self = .addresses
    case "page of hmm_range_fault()": self = .faultedPage
    case _ where words.count == 3 && words[..<2].elementsEqual(["offset", "of"]):
      self = .offset(of: try Self.check(words[2], known))
    case _ where words.count == 3 && words[..<2].elementsEqual(["bytes", "of"]):
      self = .length(of: try Self.check(words[2], known))
    case _ where words.count == 3 && words[..<2].elementsEqual(["device", "of"]):
      self = .deviceOfEntry(try Self.check(words[2], known))
    case _ where words.count == 5 && words[..<4].elementsEqual(["power", "of", "two", "beside"]):
      self = .shifted(entry: try Self.check(words[4], known))
    case "error variable": self = .error
    case _ where words.count == 5 && words[..<4].elementsEqual(["map", "in", "place", "of"]):
      self = .map(list: try Self.check(words[4], known))
    case _ where words.count == 3 && words[0] == "device" && words[1] == "beside":
      self = .device(list: try Self.check(words[2], known))
    case _ where words.count == 3 && words[1] == "with":
      self = .failureWith(
        of: try Self.check(words[0], known),
        error: try Self.check(words[2], known)
      )
    case _ where words.count == 3 && words[0] == "new" && words[1] == "struct":
      self = .local(type: "struct \(words[2])")
    case _ where words.count == 3 && words[1] == "above" && words[2] == "0":
      self = .positive(of: try Self.check(words[0], known))
    case _ where words.count == 3 && words[0] == "reset" && words[1] == "of":
      self = .reset(of: try Self.check(words[2], known))
    case _ where words.count == 3 && words[0] == "multiple" && words[1] == "of":
      self = .multiple(of: words[2])
    case _ where words.count == 3 && words[0] == "state" && words[1] == "beside":
      self = .state(storage: try Self.check(words[2], known))
    case _
    where words.count == 5 && words[..<4].elementsEqual(["constant", "or", "member", "beside"]):
      self = .constantOrMember(storage: try Self.check(words[4], known))
    case _ where words.count > 3 && words[(words.count - 3)...].starts(with: ["member", "beside"]):
      self = .cursor(
        type: words.dropLast(3).joined(separator: " "),
        table: try Self.check(words[words.count - 1], known)
      )
    case _ where words.count > 1 && words.last == "parameter":
      self = .parameter(type: words.dropLast().joined(separator: " "))
    case _ where words.count > 1 && words.last == "variable":
      self = .typedVariable(type: words.dropLast().joined(separator: " "))
    case _ where words.count == 4 && words[1...].elementsEqual(["after", "the", "loop"]):
      let name = try Self.check(words[0], known)
      self = .count(of: name)
    case _ where text.hasSuffix("*"): self = .typed(text)
    case _ where text.contains("()"):
      self = .function(words.filter { $0 != "or" }.map { String($0.prefix { $0 != "(" }) })
    case _ where words.count == 1 && text.allSatisfy { $0.isUppercase || $0 == "_" || $0.isNumber }:
      self = .spelled(text)
    default: throw Unreadable(text: text)
    }
  }

  struct Unreadable: Error {
    var text: String
  }

  private static func check(_ name: String, _ known: Set<String>) throws(Unreadable) -> String {
    guard known.contains(name) else { throw Unreadable(text: name) }
    return name
  }
}
