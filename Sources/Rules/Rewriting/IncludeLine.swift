// SPDX-License-Identifier: GPL-2.0-only

/// The line that includes a header which new lines of a file need.
struct IncludeLine {
  /// Nil when nothing is needed.
  let header: String?
  let file: SourceFile
  /// The part of the text to look at.
  let bounds: Range<Int>

  /// The header at its sorted place in the longest block of its like, unless the file has it.
  func edit() -> SourceEdit? {
    guard let header else { return nil }
    let folder = header.prefix { $0 != "/" } + "/"
    var blocks: [[(name: String, line: Int)]] = [[]]
    var offset = bounds.lowerBound
    while offset < bounds.upperBound {
      let next = file.nextLine(after: offset)
      let line = file.text(offset..<next)
      let name = line.hasPrefix("#include <") ? line.dropFirst(10).prefix { $0 != ">" } : ""
      if name == header { return nil }
      if name.hasPrefix(folder) {
        blocks[blocks.count - 1].append((String(name), offset))
      } else if blocks.last?.isEmpty == false {
        blocks.append([])
      }
      offset = next
    }
    guard let alike = blocks.max(by: { $0.count < $1.count }), let last = alike.last else {
      return nil
    }
    let isSorted = zip(alike, alike.dropFirst()).allSatisfy { $0.name <= $1.name }
    let follower = isSorted ? alike.first { $0.name > header } : nil
    let place = follower?.line ?? file.nextLine(after: last.line)
    return SourceEdit(
      path: file.path,
      range: place..<place,
      replacement: "#include <\(header)>\n"
    )
  }
}
