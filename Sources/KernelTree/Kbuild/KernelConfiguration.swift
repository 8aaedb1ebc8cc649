// SPDX-License-Identifier: GPL-2.0-only

/// The values of Kconfig symbols, without the `CONFIG_` prefix: `y`, `m`, or what an int, hex or
/// string symbol holds. A symbol that is not set has no value.
public struct KernelConfiguration: Sendable, Hashable {
  public private(set) var values: [String: String]

  public init(values: [String: String] = [:]) {
    self.values = values
  }

  /// Reads the text of a `.config`.
  public init(dotConfig text: some StringProtocol) {
    values = [:]
    for line in Array(text.utf8).split(separator: ASCII.newline) {
      guard line.starts(with: Array("CONFIG_".utf8)),
        let equals = line.firstIndex(of: UInt8(ascii: "="))
      else { continue }
      var value = line[line.index(after: equals)...]
      if value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\""), value.count >= 2 {
        value = value.dropFirst().dropLast()
      }
      let name = line[line.index(line.startIndex, offsetBy: 7)..<equals]
      values[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
  }

  public subscript(symbol: some StringProtocol) -> String? {
    get { values[String(symbol)] }
    set { values[String(symbol)] = newValue }
  }
}
