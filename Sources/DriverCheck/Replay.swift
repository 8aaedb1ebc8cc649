// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// One run of a lifecycle as text, so that it can be kept and made again:
/// `setup=f;teardown=g;device=direct mapping;kmalloc #2:1`.
///
/// Members that name functions and the device have the form `name=value`. Every other one is a
/// question and the number of its answer; `given` stands before those that the ordinary run takes.
public struct Replay: Hashable, Sendable {
  public var prologue: String?
  public var setup: String
  /// Functions that are called between setup and teardown, in this order.
  public var middle: [String] = []
  public var teardown: String?
  public var epilogue: String?
  public var order: Order = .once
  public var device: String
  /// Answers of the ordinary run, and those that make this run another one, by question.
  public var given: [String: Int] = [:]
  public var answers: [String: Int] = [:]

  public enum Order: String, Sendable {
    case once
    /// Setup and teardown are called twice.
    case again
    /// The setup is left out.
    case unused
    /// The last function of `middle` is called when the teardown waits for its end.
    case ending
  }

  /// Which set of other ordinary values unknown numbers have.
  var variation = 0
  /// A value that is tried for its size, by question.
  var trial: SizeTrial?

  /// What is wrong with a text, in lower case, without a full stop.
  public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
  }

  init(_ script: RunScript, _ run: LifecycleRun, device: String) {
    prologue = script.prologue?.name
    setup = script.setup.name
    middle = script.middle.map(\.name)
    teardown = script.teardown?.name
    epilogue = script.epilogue?.name
    order =
      script.repeats
      ? .again : script.skipsSetup ? .unused : script.racesTeardown ? .ending : .once
    self.device = device
    given = run.basis
    trial = run.plan.trial
    variation = run.plan.variation
    for (number, answer) in run.plan.answers where run.questions.indices.contains(number) {
      answers[run.questions[number].key] = answer
    }
  }

  private static let names: Set<Substring> = [
    "prologue", "setup", "middle", "teardown", "epilogue", "order", "device",
    "values",
  ]

  public init(parsing text: String) throws(SyntaxError) {
    var names: [Substring: String] = [:]
    for member in text.split(separator: ";") {
      if let sign = member.lastIndex(of: ":"),
        let answer = UInt64(member[member.index(after: sign)...]),
        // The first answer is told where it is a deviation from another one; a size is never zero.
        answer > 0 || !member.hasPrefix("large ")
      {
        let question = String(member[..<sign])
        if question.hasPrefix("large ") {
          trial = SizeTrial(key: String(question.dropFirst(6)), value: answer)
        } else if question.hasPrefix("given ") {
          given[String(question.dropFirst(6))] = Int(clamping: answer)
        } else {
          answers[question] = Int(clamping: answer)
        }
      } else if let sign = member.firstIndex(of: "="),
        Self.names.contains(member[..<sign])
      {
        names[member[..<sign]] = String(member[member.index(after: sign)...])
      } else {
        throw SyntaxError(description: "'\(member)' is no part of a run that check has printed")
      }
    }
    guard let setup = names["setup"], let device = names["device"] else {
      throw SyntaxError(description: "a run names at least setup= and device=")
    }
    guard DeviceModel.matrix.contains(where: { $0.name == device }) else {
      let known = DeviceModel.matrix.map(\.name).joined(separator: "', '")
      throw SyntaxError(description: "there is no device '\(device)'; there are '\(known)'")
    }
    guard let order = Order(rawValue: names["order"] ?? "once") else {
      throw SyntaxError(description: "order is one of once, again, unused and ending")
    }
    guard let variation = Int(names["values"] ?? "0"),
      (0...DriverHost.variations).contains(variation)
    else {
      throw SyntaxError(description: "values is a number up to \(DriverHost.variations)")
    }
    self.variation = variation
    self.setup = setup
    self.device = device
    self.order = order
    prologue = names["prologue"]
    middle = names["middle", default: ""].split(separator: ",").map(String.init)
    teardown = names["teardown"]
    epilogue = names["epilogue"]
  }
}

extension Replay: CustomStringConvertible {
  public var description: String {
    var members: [String] = []
    for (name, value) in [
      ("prologue", prologue), ("setup", setup),
      ("middle", middle.isEmpty ? nil : middle.joined(separator: ",")), ("teardown", teardown),
      ("epilogue", epilogue),
    ] {
      if let value { members.append("\(name)=\(value)") }
    }
    if order != .once { members.append("order=\(order.rawValue)") }
    members.append("device=\(device)")
    if variation > 0 { members.append("values=\(variation)") }
    members += given.sorted { $0.key < $1.key }.map { "given \($0.key):\($0.value)" }
    if let trial { members.append("large \(trial.key):\(trial.value)") }
    members += answers.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
    return members.joined(separator: ";")
  }
}
