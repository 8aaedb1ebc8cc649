// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// What one run of a lifecycle came to.
struct LifecycleRun {
  enum End {
    /// All functions returned.
    case finished
    /// The setup returned failure and left nothing to tear down.
    case refused
    case stopped(ExecutionStop)
  }

  /// The calls that were under way when the run stopped, innermost first.
  var stack: [Site] = []
  /// Calls of the API that undid something.
  var unmapCalls = 0
  var steps = 0
  /// How many questions had been asked when the setup returned.
  var setupQuestions = Int.max
  /// The questions of the last function between setup and teardown, how many addresses such functions
  /// gave the device, and how many of them were called.
  var middleQuestions = 0..<0
  var middleMappings = 0
  var middleCalls = 0
  /// Whether a setup that has failed succeeds the next time with what it has mapped before.
  var remembers = false
  /// Whether memory was freed while the device still had an address of it.
  var freesMappedMemory = false
  /// How many addresses the device had at once.
  var mostMapped = 0
  /// Whether the setup has succeeded, and undone all that it had mapped before.
  var undoesItself = false
  /// Whether the setup has given its request back after a failure.
  var isOver = false
  /// What was still held where nothing was called to undo it, in a run that deviates by what the
  /// kernel's functions return.
  var left: [(violation: Violation, site: Site)] = []
  /// Whether coherent memory was allocated.
  var hasCoherentMemory = false
  var mappedSizes: Set<UInt64> = []
  /// Whether the teardown has undone something of the setup.
  var undoesSetup = false
  /// Whether the device had addresses, and all of them were given back.
  var returnsAllAddresses = false
  /// Whether the code has met what it takes for impossible, when nothing had failed.
  var isDoubtful = false
  /// Whether how far apart two pointers of the caller's are was made up.
  var guessesDistances = false
  /// What was taken and given back, when that is followed.
  var resources: ResourceTrace?
  /// Where a size got to that lost bits, in a run that tries one.
  var sizeLoss: SizeLoss?
  /// The function that returned failure.
  var refusing: String?
  /// IOVA allocations until the setup began.
  var earlierAllocations: UInt64 = 0

  /// The answers that the ordinary run takes already, by key.
  var basis: [String: Int] = [:]
  var plan: ChoicePlan
  var questions: [ChoicePoint]
  var faults: [String]
  var end: End
  var reports: [DriverHost.Report]
  /// What was still held at the end, and where it was mapped.
  var leaks: [(violation: Violation, site: Site)]
  var lost: [Interpreter.ObjectView]
  var teardown: String?
  /// What the setup returned.
  var result: UInt64?

  /// Whether what was made to fail are functions whose failure is understood, not ones without a
  /// body: what those promise each other nobody knows.
  var failsKnownCallsOnly: Bool {
    plan.answers.keys.allSatisfy {
      questions.indices.contains($0) && questions[$0].kind == .fault && questions[$0].isKnown
    }
  }

  /// Where calls were made to fail.
  var failingSites: Set<Site> {
    Set(
      plan.answers.keys.compactMap {
        questions.indices.contains($0) && questions[$0].kind == .fault ? questions[$0].site : nil
      }
    )
  }

  /// Whether the run is out of the ordinary by what calls of the kernel's functions return, and by
  /// nothing that the setup is given.
  var deviatesInResultsOnly: Bool {
    !plan.answers.isEmpty
      && plan.answers.keys.allSatisfy {
        guard questions.indices.contains($0) else { return false }
        return questions[$0].kind == .fault
          ? questions[$0].isKnown : questions[$0].what.hasPrefix("wait_for_completion")
      }
  }

  /// Whether a function without a body is made to fail after another call was: how it fares on the way
  /// out nobody knows.
  var failsStrangerAgain: Bool {
    let failing = plan.answers.keys.filter {
      questions.indices.contains($0) && questions[$0].kind == .fault
    }.sorted()
    return failing.dropFirst().contains { !questions[$0].isKnown }
  }

  /// Whether a report of the run proves nothing: the code had met what it takes for impossible, or the
  /// report is about a number while one was made up for a distance.
  func doubts(_ report: DriverHost.Report) -> Bool {
    (report.isDoubtful && deviatesInInputs) || (report.dependsOnUnknown && guessesDistances)
  }

  /// The calls made to fail, and the inputs that are not the ordinary ones, as a reader names them.
  var deviations: [String] {
    faults
      + plan.answers.sorted { $0.key < $1.key }.compactMap { number, answer in
        guard questions.indices.contains(number) else { return nil }
        return questions[number].choice(answer)
      }
      + (plan.trial.map { ["\($0.key.prefix { $0 != "#" })= \($0.value)"] } ?? [])
  }

  /// The inputs with which the ordinary run maps something, as a reader names them.
  var premises: [String] {
    questions.enumerated().compactMap { number, question in
      guard plan.answers[number] == nil else { return nil }
      return basis[question.key].flatMap { question.choice($0) }
    }
  }

  /// Whether the setup has failed with another number than the ordinary one in a member, which others
  /// may have made sure of.
  var failsWithAnAmount: Bool {
    isRefused
      && plan.answers.keys.contains {
        questions.indices.contains($0) && questions[$0].kind == .input
          && questions[$0].what.contains(".") && !questions[$0].isAnsweredByYesOrNo
          && !questions[$0].isOfDevice
      }
  }

  /// Whether the run was given values by others than the kernel's functions and the device.
  var isGivenValues: Bool {
    questions.contains { $0.kind == .input && !$0.isOfDevice && !$0.isOfUser && !$0.isPresence }
  }

  /// Whether the ordinary run needs a member to be zero that says how many there are: a loop over as
  /// many, such as one that gives back, does nothing then.
  var presumesNone: Bool {
    questions.enumerated().contains { number, question in
      guard question.isOfANumber, question.value == 0, plan.answers[number] == nil,
        basis[question.key] != nil
      else { return false }
      let words = question.what.split { "._".contains($0) }.dropFirst()
      return words.contains { Self.wordsOfCounts.contains($0) }
    }
  }

  private static let wordsOfCounts: Set<Substring> = [
    "max", "num", "count", "cnt", "nr", "depth", "limit", "total",
  ]

  /// Whether the setup fails although nothing was made to: it was not asked for what it is for, and
  /// what it keeps may be under way.
  var isOrdinaryRefusal: Bool { isRefused && plan.answers.isEmpty }

  /// Whether the run has ended by its own limit of steps.
  var isEndless: Bool { if case .stopped(let stop) = end { stop.reason == .budget } else { false } }

  var isRefused: Bool { if case .refused = end { true } else { false } }

  var isFinished: Bool { if case .finished = end { true } else { false } }

  /// Whether the run deviates from the ordinary one by a member of an object or by the result of a
  /// function without body: values that other code keeps in step with each other.
  var deviatesInKeptState: Bool {
    plan.answers.keys.contains {
      questions.indices.contains($0) && questions[$0].kind == .input && !questions[$0].isPresence
        && (questions[$0].what.contains(".") || questions[$0].what.hasSuffix("()"))
    }
  }

  /// Whether the run deviates by an input other than what the device answers, or whether something is
  /// there at all.
  var deviatesInOtherState: Bool {
    plan.answers.keys.contains {
      questions.indices.contains($0) && questions[$0].kind == .input && !questions[$0].isOfDevice
        && !questions[$0].isPresence
    }
  }

  /// Whether a size that the driver keeps was made zero: what divides or strides by it then says
  /// nothing.
  var hasZeroSize: Bool {
    plan.answers.contains { number, answer in
      guard questions.indices.contains(number), questions[number].values.indices.contains(answer),
        questions[number].values[answer] == 0
      else { return false }
      let member = questions[number].what.split(separator: ".").dropFirst().last ?? ""
      return ["size", "len", "bytes", "stride"].contains { member.contains($0) }
    }
  }

  /// Whether the only thing out of the ordinary is that a setup is called with a count of zero.
  var asksForNone: Bool {
    plan.answers.count == 1
      && plan.answers.allSatisfy { number, answer in
        questions.indices.contains(number) && questions[number].kind == .input
          && questions[number].values.indices.contains(answer)
          && questions[number].values[answer] == 0 && !questions[number].what.contains(".")
          && !questions[number].what.hasSuffix("()")
      }
  }

  /// Whether one argument that is a number was chosen anew beside others: how they relate only the
  /// caller knows.
  var deviatesInOneOfSeveralCounts: Bool {
    func isCount(_ number: Int) -> Bool {
      questions[number].isOfANumber
        && !questions[number].what.contains(".") && !questions[number].what.hasSuffix("()")
    }
    let isChosen = plan.answers.keys.contains { questions.indices.contains($0) && isCount($0) }
    return isChosen && questions.indices.count(where: isCount) > 1
  }

  /// Whether the run deviates by an input that the setup has not read, or by a teardown that does not
  /// find what it looks for: nothing says that it is what the setup worked with.
  var deviatesAfterSetup: Bool {
    plan.answers.keys.contains {
      questions.indices.contains($0) && $0 >= setupQuestions
        && (questions[$0].kind == .input || questions[$0].isLookup)
        // Whether all went well who calls the teardown says.
        && !InputValues.errorNames.contains(questions[$0].what)
    }
  }

  /// Whether a member that counts something was given a number from a comparison elsewhere, or made
  /// smaller than the others of its kind: a ring that holds less than is put into it.
  var hasOddCount: Bool {
    plan.answers.contains { number, answer in
      guard questions.indices.contains(number), questions[number].isOfANumber,
        questions[number].values.indices.contains(answer), questions[number].what.contains(".")
      else { return false }
      if questions[number].values[answer] > 3 { return true }
      let what = questions[number].what
      return questions.contains { $0.isOfANumber && $0.what != what }
    }
  }

  /// Whether a member has another value than the ordinary one that others know: one that counts,
  /// or one that unknown code may have set.
  var deviatesInKnowledge: Bool {
    plan.answers.keys.contains {
      questions.indices.contains($0) && questions[$0].kind == .input
        && (questions[$0].isOfExposed
          || (questions[$0].what.contains(".") && questions[$0].isOfANumber))
    }
  }

  /// The same, other than by how a list is made up.
  var deviatesInNumbers: Bool {
    plan.answers.keys.contains {
      questions.indices.contains($0) && questions[$0].kind == .input
        && questions[$0].what != Interpreter.pagesQuestion
    }
  }

  /// The same, by more than yes or no.
  var deviatesInAmounts: Bool {
    deviatesInNumbers
      && plan.answers.keys.contains {
        questions.indices.contains($0) && questions[$0].kind == .input
          && questions[$0].what != Interpreter.pagesQuestion && !questions[$0].isAnsweredByYesOrNo
      }
  }

  /// Whether the run came to grief over a value that was made up for it.
  var isImpossible: Bool {
    guard case .stopped(let stop) = end, stop.isFault else { return false }
    return deviatesInInputs || stop.dependsOnUnknown
  }

  /// Whether an input had this value.
  func hasInput(_ what: String, _ value: Int64) -> Bool {
    let value = UInt64(bitPattern: value)
    return questions.contains { $0.kind == .input && $0.value == value && $0.what == what }
  }

  /// Whether an argument or a variable is another number than the first that was chosen for it.
  var deviatesInArguments: Bool {
    plan.answers.keys.contains {
      questions.indices.contains($0) && questions[$0].kind == .input && !questions[$0].isOfDevice
        && !questions[$0].what.contains { ". (".contains($0) }
    }
  }

  var deviatesInInputs: Bool {
    plan.answers.keys.contains { questions.indices.contains($0) && questions[$0].kind == .input }
  }
}
