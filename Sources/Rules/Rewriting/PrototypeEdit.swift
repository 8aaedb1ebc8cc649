// SPDX-License-Identifier: GPL-2.0-only

/// Adds a parameter to the declaration of a function in a header.
struct PrototypeEdit {
  let file: SourceFile
  let function: String

  /// How often the header declares the function.
  var count: Int { declarations.count }

  /// - Parameters:
  ///   - parameter: with its type
  ///   - position: of the parameter behind which it goes
  func edits(adding parameter: String, behind position: Int) throws(Unsuitable) -> [SourceEdit] {
    var edits: [SourceEdit] = []
    for declaration in declarations {
      let range = file.lineStart(of: declaration.name)..<(declaration.parameters.upperBound + 1)
      let tokens = CToken.tokens(of: Array(file.bytes[range]))
      guard !tokens.contains(where: { $0.kind == .comment || $0.text == "#" }),
        let place = end(ofParameter: position, in: declaration.parameters)
      else {
        throw Unsuitable(reason: "\(function)() is declared in an unusual way in a header")
      }
      let text =
        file.text(range.lowerBound..<place) + ", " + parameter
        + file.text(place..<range.upperBound)
      edits.append(
        SourceEdit(
          path: file.path,
          range: range,
          replacement: LineLayout(columnLimit: file.columnLimit).lines(
            of: SourceRendering.oneLine(Array(text.utf8)),
            indentation: ""
          ).joined(separator: "\n")
        )
      )
    }
    return edits
  }

  private struct Declaration {
    var name: Int
    /// What stands between the parentheses.
    var parameters: Range<Int>
  }

  private var declarations: [Declaration] {
    let word = Array(function.utf8)
    var found: [Declaration] = []
    var offset = 0
    while let start = file.bytes[offset...].firstRange(of: word) {
      offset = start.upperBound
      let name = start.lowerBound
      let isWord =
        (name == 0 || !CToken.isWord(file.bytes[name - 1]))
        && !(offset < file.bytes.count && CToken.isWord(file.bytes[offset]))
      guard isWord, isCode(name), let open = next(from: offset, is: "("),
        let close = closing(from: open), next(from: close + 1, is: ";") != nil
      else { continue }
      found.append(Declaration(name: name, parameters: (open + 1)..<close))
    }
    return found
  }

  /// Neither a comment nor a preprocessor line.
  private func isCode(_ offset: Int) -> Bool {
    let start = file.text(file.lineStart(of: offset)..<offset).drop { $0 == " " || $0 == "\t" }
    return !["*", "/", "#"].contains { start.hasPrefix($0) }
  }

  private func next(from offset: Int, is character: Character) -> Int? {
    var place = offset
    while place < file.bytes.count, file.isBlank(place..<(place + 1)) { place += 1 }
    return place < file.bytes.count && file.bytes[place] == character.asciiValue ? place : nil
  }

  private func closing(from open: Int) -> Int? {
    var depth = 0
    for offset in open..<file.bytes.count {
      switch file.bytes[offset] {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return offset }
      case UInt8(ascii: ";"): return nil
      default: break
      }
    }
    return nil
  }

  private func end(ofParameter position: Int, in parameters: Range<Int>) -> Int? {
    var depth = 0
    var number = 0
    for offset in parameters {
      switch file.bytes[offset] {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      case UInt8(ascii: ",") where depth == 0:
        if number == position { return offset }
        number += 1
      default: break
      }
    }
    return number == position ? parameters.upperBound : nil
  }
}
