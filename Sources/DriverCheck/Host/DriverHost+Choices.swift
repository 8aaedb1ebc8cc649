// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC

/// What a run may decide: which call fails, and what an input is.
extension DriverHost {
  func input(_ what: String, _ values: [UInt64], _ site: Site) -> UInt64 {
    chooseInput(what, values, site)
  }

  /// Questions of one place in a run; what a loop asks after as many turns is the same once more,
  /// but for the last one.
  private static let mostQuestionsOfOnePlace = 24
  /// Steps of the interpreter that a question costs.
  private static let questionWork = 150

  /// Whether a place may ask again.
  private func mayAsk(_ site: Site) -> Bool {
    let count = askedFrom[site, default: 0] + 1
    askedFrom[site] = count
    return count <= Self.mostQuestionsOfOnePlace || count == lastTurns[site]
  }

  /// Lets the last turn of each long loop of the run before ask as well, from now on.
  ///
  /// - Returns: false when no place has asked more often than it may.
  func learnLastTurns() -> Bool {
    lastTurns = askedFrom.filter { $0.value > Self.mostQuestionsOfOnePlace }
    return !lastTurns.isEmpty
  }

  func choose(_ choices: Int, _ what: String, _ site: Site) -> Int {
    callCounts[what, default: 0] += 1
    guard mayAsk(site) else { return 0 }
    let number = questions.count
    questions.append(
      ChoicePoint(
        kind: .fault,
        what: what,
        alternatives: choices,
        site: site,
        values: [],
        isKnown: !isCallingUnknown
      )
    )
    questions[number].occurrence = callCounts[what, default: 1]
    if effects != nil, let interpreter {
      questions[number].caller = interpreter.functionName(interpreter.ownSite)
    }
    let named = namedAnswer(number)
    let answer = min(plan.answers[number] ?? named ?? 0, choices - 1)
    if answer > 0 {
      faults.append(questions[number].key)
      if named != answer { lastFaultQuestion = number }
    }
    return answer
  }

  private func namedAnswer(_ number: Int) -> Int? {
    namedAnswers.isEmpty ? nil : namedAnswers[questions[number].key]
  }

  /// - Parameter others: ordinary values just as good as the first one
  func chooseInput(
    _ what: String,
    _ values: [UInt64],
    _ site: Site,
    others: [UInt64] = []
  ) -> UInt64 {
    inputCounts[what, default: 0] += 1
    guard mayAsk(site) else { return values[0] }
    let number = questions.count
    questions.append(
      ChoicePoint(
        kind: .input,
        what: what,
        alternatives: values.count,
        site: site,
        values: values
      )
    )
    interpreter?.work += Self.questionWork
    questions[number].occurrence = inputCounts[what, default: 1]
    let answer = plan.answers[number] ?? namedAnswer(number)
    var value = values[min(answer ?? 0, values.count - 1)]
    hasChosenInput = hasChosenInput || plan.answers[number] != nil || plan.trial != nil
    // What is not varied keeps the value that it had in the run that is doubted.
    let isVaried = variation > 0 && (varied == nil || varied == what)
    let set = isVaried ? variation : plan.variation
    if set > 0, !others.isEmpty, answer == nil {
      value = others[(set - 1) % others.count]
    }
    if let trial = plan.trial, trial.key == questions[number].key { value = trial.value }
    questions[number].value = value
    return value
  }

  /// Small numbers are the ordinary ones, and become zero where code takes them for large.
  var assumesDivisors: Bool { !hasChosenInput }

  /// Whether a call has been made to fail in this run.
  var hasFailed: Bool { lastFaultQuestion >= 0 }
}
