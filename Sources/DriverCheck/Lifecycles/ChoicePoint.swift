// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// A question that a run left open, in the order the run asked: a call that can fail, or an input.
struct ChoicePoint {
  enum Kind {
    case fault
    case input
  }

  var kind: Kind
  /// The function, or the input.
  var what: String
  var alternatives: Int
  var site: Site
  /// Of a call, where calls are kept: the function of the file that makes it.
  var caller = ""
  /// The value of each alternative, of an input.
  var values: [UInt64]
  /// For the how manieth time that is asked for.
  var occurrence = 1
  /// The value that an input got.
  var value: UInt64 = 0
  /// Of a member: unknown code was given its object before, and may have set it.
  var isOfExposed = false
  /// Whether the caller gave something that may be left out, or may be given twice.
  var isPresence = false
  /// Of a call: the function looks for something and may not find it.
  var isLookup = false
  /// Of a number: its type, and whether a process has given it.
  var type: TypeID?
  var isOfUser = false
  /// Of a number: the device answers with it, or has written it.
  var isOfDevice = false
  /// Of a call: the function has a meaning here, it is not one without a body.
  var isKnown = true

  /// What is asked for, and for the how manieth time.
  var key: String { "\(what) #\(occurrence)" }

  /// Whether an input is a number of which nothing is known: it may count anything.
  var isOfANumber: Bool { kind == .input && values.first == Self.unknownNumber }
  /// What ``InputValues`` chooses first for such a number.
  private static let unknownNumber: UInt64 = 3

  /// Whether an input is a truth value, or a register in which all bits stand for the same.
  var isAnsweredByYesOrNo: Bool {
    kind == .input
      && values.allSatisfy {
        $0 <= 1 || $0 >= UInt64(UInt32.max) || (isOfDevice && ($0 == 0xff || $0 == 0xffff))
      }
  }

  /// An input's answer as a reader names it.
  func choice(_ answer: Int) -> String? {
    guard kind == .input, values.indices.contains(answer) else { return nil }
    return "\(what) = \(Int64(bitPattern: values[answer]))"
  }
}
