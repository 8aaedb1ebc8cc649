// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

extension LifecycleRunner {
  /// Pages that a reader is asked for at most.
  private static let mostPages: UInt64 = 64

  /// Asks for both ends of each page until there is none, beyond, and back in other orders: a reader
  /// may remember where it was.
  func ask(_ reader: CFunction, _ progress: Progress) throws(ExecutionStop) {
    let numbers = reader.parameters.indices.filter {
      if case .integer = unit[unit[reader.parameters[$0]].type].kind { true } else { false }
    }
    guard numbers.count == 1 else {
      throw interpreter.stopped(.unsupported, "\(reader.name)() takes other numbers than an offset")
    }
    let offset = unit[reader.parameters[numbers[0]]]
    var shared = progress.shared
    shared[shareKey(offset.type, offset.name)] = 0
    var arguments = try self.arguments(of: reader, sharing: shared)
    func find(_ offset: UInt64) throws(ExecutionStop) -> UInt64 {
      arguments[numbers[0]] = offset
      let page = try interpreter.call(reader.name, arguments) ?? 0
      whenRead?(reader, offset, page)
      return page
    }
    var count: UInt64 = 0
    while try find(count << 12) != 0 {
      guard count < Self.mostPages else {
        throw interpreter.stopped(
          .unsupported,
          "\(reader.name)() finds more than \(Self.mostPages) pages"
        )
      }
      _ = try find(count << 12 + 4095)
      count += 1
    }
    _ = try find(1 << 40)
    for page in (0..<count).reversed() { _ = try find(page << 12 + 8) }
    for page in [count, 0, count / 2, count / 2] { _ = try find(page << 12) }
  }
}
