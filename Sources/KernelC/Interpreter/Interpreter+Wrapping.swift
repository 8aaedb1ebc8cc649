// SPDX-License-Identifier: GPL-2.0-only

/// A place where a number lost bits: a sum, a product or a shifted value that its type is too narrow
/// for, or a conversion to a narrower type.
public struct WrappedValue {
  public var site: Site
  /// What it would be with enough bits, and what is left of it.
  public var exact: UInt128
  public var kept: UInt64
  /// Bytes of the type.
  public var width: Int
  /// Both sides of the arithmetic; of a conversion, what was converted and zero.
  var operands: (UInt64, UInt64)
}

/// Runs that try a value for its size: what is computed from it is followed, and where bits are lost.
extension Interpreter {
  /// Takes note of what arithmetic makes of the value under test.
  ///
  /// - Returns: what is known of the result beside what is known of its operands.
  func noteArithmetic(
    _ instruction: Instruction,
    _ left: UInt64,
    _ right: UInt64,
    _ result: UInt64
  ) -> Knowledge {
    let bits = UInt64(8 * Int(instruction.width))
    let exact: UInt128
    switch instruction.op {
    case .multiply, .shiftLeft:
      if let tried = triedValue, tried > 0, result % tried == 0 {
        factors.insert(result / tried)
      }
      exact =
        instruction.op == .multiply
        ? UInt128(left) * UInt128(right) : right > 63 ? .max : UInt128(left) << UInt128(right)
    case .add:
      // `x + (unsigned)-1` subtracts.
      guard !isNegative(left, bits), !isNegative(right, bits) else { return [] }
      exact = UInt128(left) + UInt128(right)
    default:
      // Minus one in a wider type is no large number.
      guard Int64(bitPattern: left) > 0 else { return [] }
      exact = UInt128(left)
    }
    guard exact >> UInt128(bits) != 0 else { return [] }
    noteWrapped(
      WrappedValue(
        site: currentSite,
        exact: exact,
        kept: result,
        width: Int(instruction.width),
        operands: (left, right)
      )
    )
    return .wrapped
  }

  /// Whether a number is a small negative one in so many bits, other than the value under test.
  private func isNegative(_ value: UInt64, _ bits: UInt64) -> Bool {
    guard value != triedValue else { return false }
    let shift = 64 - bits
    let extended = Int64(bitPattern: value << shift) >> Int64(shift)
    return extended < 0 && extended > -65536
  }

  private func noteWrapped(_ value: WrappedValue) {
    guard wrappedValues.count < Self.mostWrappedValues else { return }
    wrappedValues.append(value)
  }

  private static let mostWrappedValues = 64

  /// What `and` leaves of lost bits: rounding down keeps them lost, taking low bits asks for that.
  static func keepsLoss(_ mask: UInt64, _ width: UInt8) -> Bool {
    mask >> UInt64(8 * Int(width) - 1) & 1 == 1
  }

  /// Takes note of a comparison that comes out otherwise because bits were lost: the first one at its
  /// place, since a loop ends when its bound is reached.
  func noteComparison(_ instruction: Instruction, _ left: UInt64, _ right: UInt64) {
    let site = currentSite
    guard comparedSites.insert(site).inserted else { return }
    for (value, other) in [(left, right), (right, left)] {
      guard let lost = wrappedValues.last(where: { $0.kept == value }), value != other,
        other != lost.operands.0, other != lost.operands.1
      else { continue }
      let exact = value == left ? (lost.exact, UInt128(other)) : (UInt128(other), lost.exact)
      let isBelow = instruction.op == .less ? left < right : left <= right
      let wouldBeBelow = instruction.op == .less ? exact.0 < exact.1 : exact.0 <= exact.1
      guard isBelow != wouldBeBelow, Int64(bitPattern: other) >= 0 else { continue }
      misledComparison = misledComparison ?? (site, lost)
    }
  }

  /// The first lost bits behind an argument of a call.
  public func lossBehind(_ argument: UInt64) -> WrappedValue? {
    wrappedValues.last { $0.kept == argument } ?? wrappedValues.last
  }
}
