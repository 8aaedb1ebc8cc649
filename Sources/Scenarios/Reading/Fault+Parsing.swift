// SPDX-License-Identifier: GPL-2.0-only

public import DMAModel

extension Fault {
  /// Reads `dma_iova_link`, `dma_iova_link:3`, `dma_iova_link:always`, `dma_map_page:size=64K` (that
  /// many bytes or more) or `iommu_map:address=0x1000-0x2000` (the end not included).
  ///
  /// - Throws: what was expected.
  public init(parsing text: String) throws(ExpressionError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
    guard let point = FaultPoint(rawValue: parts[0]) else {
      let known = FaultPoint.allCases.map(\.rawValue).joined(separator: ", ")
      throw ExpressionError(message: "cannot fail '\(parts[0])', only: \(known)")
    }
    self.init(point, parts.count == 1 ? .nth(1) : try Self.condition(parts[1]))
  }

  private static func condition(_ text: String) throws(ExpressionError) -> Condition {
    if text == "always" { return .always }
    if let nth = Int(text), nth > 0 { return .nth(nth) }
    if text.hasPrefix("size=") { return .size(atLeast: try number(text.dropFirst(5))) }
    if text.hasPrefix("address=") {
      let ends = text.dropFirst(8).split(separator: "-", omittingEmptySubsequences: false)
      if ends.count == 2 {
        let first = try number(ends[0])
        let end = try number(ends[1])
        if first < end { return .address(in: first..<end) }
      }
    }
    throw ExpressionError(
      message: "takes a count from 1, always, size=BYTES or address=FIRST-END after the colon, not "
        + "'\(text)'"
    )
  }

  private static func number(_ text: Substring) throws(ExpressionError) -> UInt64 {
    try Expression(parsing: String(text)).value(name: { _ in nil }, function: { _, _ in nil })
  }
}
