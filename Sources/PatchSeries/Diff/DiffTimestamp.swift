// SPDX-License-Identifier: GPL-2.0-only

/// The date after a file name in a traditional diff.
enum DiffTimestamp {
  /// How many bytes at the end of the line are white space, date, time and zone; zero for none.
  static func length(in line: ByteSlice) -> Int {
    guard line.last?.isDigit == true else { return 0 }
    var rest = line
    rest = rest.dropLast(zoneLength(rest))
    rest = rest.dropLast(timeLength(rest))
    let date = dateLength(rest)
    guard date > 0 else { return 0 }
    rest = rest.dropLast(date)
    switch rest.last {
    case UInt8.tab:
      rest = rest.dropLast()
    case UInt8.space:
      while rest.last == .space { rest = rest.dropLast() }
    default:
      return 0
    }
    return line.endIndex - rest.endIndex
  }

  /// `d` stands for a digit, `s` for a sign, anything else for itself.
  private static func ends(_ text: ByteSlice, with pattern: String) -> Bool {
    let tail = text.suffix(pattern.utf8.count)
    guard tail.count == pattern.utf8.count else { return false }
    return zip(tail, pattern.utf8).allSatisfy { byte, mark in
      switch mark {
      case UInt8(ascii: "d"): byte.isDigit
      case UInt8(ascii: "s"): byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      default: byte == mark
      }
    }
  }

  private static func zoneLength(_ text: ByteSlice) -> Int {
    if ends(text, with: " sdddd") { return 6 }
    return ends(text, with: " sdd:dd") ? 7 : 0
  }

  private static func timeLength(_ text: ByteSlice) -> Int {
    let pattern = " dd:dd:dd"
    if ends(text, with: pattern) { return 9 }
    let fraction = text.reversed().prefix { $0.isDigit }.count
    let whole = text.dropLast(fraction)
    guard fraction > 0, whole.last == UInt8(ascii: "."), ends(whole.dropLast(), with: pattern)
    else {
      return 0
    }
    return fraction + 1 + 9
  }

  private static func dateLength(_ text: ByteSlice) -> Int {
    guard ends(text, with: "dd-dd-dd") else { return 0 }
    return ends(text, with: "dddd-dd-dd") ? 10 : 8
  }
}

/// GNU diff dates a file that is not there to the start of 1970.
enum EpochTimestamp {
  /// Whether a name line ends, after a tab, in the epoch in any time zone.
  static func ends(_ line: ByteSlice) -> Bool {
    guard let tab = line.lastIndex(of: .tab) else { return false }
    var text = line[(tab + 1)...].withoutNewline
    let isEve = text.starts(with: "1969-12-31 ")
    guard isEve || text.starts(with: "1970-01-01 ") else { return false }
    text = text.dropFirst(11)
    guard let hour = number(&text), take(":", &text), let minute = number(&text),
      take(":00", &text)
    else { return false }
    if take(".", &text) {
      let zeros = text.prefix { $0 == UInt8(ascii: "0") }
      guard !zeros.isEmpty else { return false }
      text = text.dropFirst(zeros.count)
    }
    let isWest = take(" -", &text)
    guard isWest || take(" +", &text), let zoneHour = number(&text) else { return false }
    _ = take(":", &text)
    guard let zoneMinute = number(&text), text.isEmpty else { return false }
    let day = isEve ? 24 * 60 : 0
    let zone = (zoneHour * 60 + zoneMinute) * (isWest ? -1 : 1)
    return hour * 60 + minute - zone == day
  }

  private static func take(_ text: StaticString, _ rest: inout ByteSlice) -> Bool {
    guard rest.starts(with: text) else { return false }
    rest = rest.dropFirst(text.utf8CodeUnitCount)
    return true
  }

  /// Two digits.
  private static func number(_ rest: inout ByteSlice) -> Int? {
    let digits = rest.prefix(2)
    guard digits.count == 2, digits.allSatisfy(\.isDigit) else { return nil }
    rest = rest.dropFirst(2)
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}
