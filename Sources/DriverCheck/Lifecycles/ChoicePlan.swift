// SPDX-License-Identifier: GPL-2.0-only

/// The answers that are not the ordinary one, by the number of the question.
struct ChoicePlan: Hashable {
  var answers: [Int: Int] = [:]
  /// Which set of other ordinary values unknown numbers have; zero for the usual ones.
  var variation = 0
  /// A value that is none of a question's alternatives.
  var trial: SizeTrial?

  func adding(_ question: Int, _ answer: Int) -> ChoicePlan {
    var plan = self
    plan.answers[question] = answer
    return plan
  }

  var last: Int { answers.keys.max() ?? -1 }
}
