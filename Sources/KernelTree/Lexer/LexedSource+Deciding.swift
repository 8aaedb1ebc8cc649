// SPDX-License-Identifier: GPL-2.0-only

extension LexedSource {
  /// The file with the outcome of some conditional directives written into them.
  ///
  /// The configuration of one build hides a part of every driver. Text decided this way shows a
  /// hidden part to a parser without another configuration. Length, lines and offsets stay.
  public func deciding(_ conditions: [Condition], in source: [UInt8]) -> [UInt8] {
    var result = source
    let wanted = Set(conditions.map(\.line))
    for chain in chains(in: source) {
      guard let chosen = chain.firstIndex(where: { wanted.contains($0.line) }) else { continue }
      for (index, branch) in chain[...chosen].enumerated() where branch.keyword != "else" {
        let word = branch.keyword.hasPrefix("el") ? "#elif " : "#if "
        let decided = Array((word + (index == chosen ? "1" : "0")).utf8)
        for offset in branch.range where result[offset] != ASCII.newline {
          let place = offset - branch.range.lowerBound
          result[offset] = place < decided.count ? decided[place] : ASCII.space
        }
      }
    }
    return result
  }

  /// Whether one text can satisfy both: they are not different branches of one directive.
  public func areCompatible(_ first: Condition, _ second: Condition, in source: [UInt8]) -> Bool {
    guard first.line != second.line else { return true }
    return !chains(in: source).contains { chain in
      chain.contains { $0.line == first.line } && chain.contains { $0.line == second.line }
    }
  }

  private struct Branch {
    let keyword: String
    let line: Int
    let range: Range<Int>
  }

  /// The branches of each conditional directive, in order.
  private func chains(in source: [UInt8]) -> [[Branch]] {
    var done: [[Branch]] = []
    var open: [[Branch]] = []
    var line = 1
    var position = 0
    for range in directives where range.upperBound <= source.count {
      line += source[position..<range.lowerBound].count { $0 == ASCII.newline }
      position = range.lowerBound
      let keyword = source.withUnsafeBufferPointer {
        Directive(SourceBytes(start: $0.baseAddress, count: $0.count), range).keyword
      }
      let branch = Branch(keyword: keyword, line: line, range: range)
      switch keyword {
      case "if", "ifdef", "ifndef": open.append([branch])
      case "elif", "elifdef", "elifndef", "else":
        if let last = open.indices.last { open[last].append(branch) }
      case "endif":
        if let chain = open.popLast() { done.append(chain) }
      default: break
      }
    }
    return done + open
  }
}
