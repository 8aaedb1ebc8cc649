// SPDX-License-Identifier: GPL-2.0-only

/// Finds function bodies from punctuation alone, and keeps its place across conditional branches:
/// each branch starts from the state in which the `#if` found it, as only one of them is compiled.
struct ScopeTracker {
  /// Everything that a branch may change and the next one must find unchanged.
  private struct State {
    var braces = 0
    /// Parentheses and brackets open at the current place outside every brace.
    var parentheses = 0
    var header = DeclarationHeader()
    /// Index into `functions` of the body that is open.
    var open: Int?
  }

  private struct Branching {
    let atStart: State
    /// The function that was open then, to be as it was after a branch that does not count.
    let openFunction: OpenFunction?
    /// How the branch that counts ended: the first that is not `#if 0`.
    var ended: State?
    var agrees = true
    var isDead: Bool
    var hasElse = false
  }

  private struct OpenFunction {
    let name: String
    let start: Int
    let bodyStart: Int
    let branch: [Int]
    var bodyEnd: Int?
    var isBalanced = true
  }

  private var state = State()
  private var branchings: [Branching] = []
  /// The path of branches that leads to the current place: a serial number for each level.
  private var branch: [Int] = []
  private var branchSerial = 0
  private var functions: [OpenFunction] = []

  var isOutsideBraces: Bool { state.braces == 0 }
  /// Index of the function whose body holds the current place.
  var currentFunction: Int? { state.open }
  var isBalanced: Bool { state.braces == 0 && state.parentheses == 0 }

  /// Whether identifiers matter at the current place: they do outside braces and parentheses,
  /// where a function is declared.
  var isCollectingHeader: Bool { state.braces == 0 && state.parentheses == 0 }

  // MARK: Tokens

  mutating func identifier(_ range: Range<Int>, in text: SourceBytes) {
    state.header.append(identifier: range, in: text)
  }

  /// What a `name (` outside braces turned out to be.
  struct Resolution {
    let nameOffset: Int
    let shape: OccurrenceShape
  }

  /// Takes one punctuation byte into account; returns the declarator that it completes, if any.
  mutating func punctuation(
    _ byte: UInt8,
    at offset: Int,
    startsLine: Bool,
    in text: SourceBytes
  ) -> Resolution? {
    switch byte {
    case ASCII.openParenthesis, UInt8(ascii: "["):
      guard state.braces == 0 else { return nil }
      if state.parentheses == 0 {
        state.header.open(byte == ASCII.openParenthesis, at: offset)
      }
      state.parentheses += 1
    case ASCII.closeParenthesis, UInt8(ascii: "]"):
      guard state.braces == 0 else { return nil }
      state.parentheses = max(0, state.parentheses - 1)
      if state.parentheses == 0 { state.header.close() }
    case ASCII.openBrace: return openBrace(at: offset, startsLine: startsLine, in: text)
    case ASCII.closeBrace: closeBrace(at: offset)
    case ASCII.semicolon where isCollectingHeader:
      let declared = state.header.declaredName
      state.header = DeclarationHeader()
      return declared.map { Resolution(nameOffset: $0, shape: .declaration) }
    case ASCII.equals where isCollectingHeader: state.header.hasInitializer = true
    default:
      if isCollectingHeader { state.header.append(punctuation: byte, at: offset) }
    }
    return nil
  }

  private mutating func openBrace(
    at offset: Int,
    startsLine: Bool,
    in text: SourceBytes
  ) -> Resolution? {
    // The kernel's style opens a function's body, and nothing else, in the first column; so a
    // parenthesis lost in a conditional costs one function only.
    if startsLine, state.braces == 0, state.parentheses > 0 {
      state.parentheses = 0
      state.header = DeclarationHeader()
    }
    var resolution: Resolution?
    if state.braces == 0, state.parentheses == 0, let name = state.header.definedName {
      functions.append(
        OpenFunction(
          name: text.identifier(name),
          start: state.header.start ?? name.lowerBound,
          bodyStart: offset,
          branch: branch
        )
      )
      state.open = functions.count - 1
      resolution = Resolution(nameOffset: name.lowerBound, shape: .definition)
    }
    state.braces += 1
    return resolution
  }

  private mutating func closeBrace(at offset: Int) {
    guard state.braces > 0 else { return }
    state.braces -= 1
    guard state.braces == 0 else { return }
    if let open = state.open {
      functions[open].bodyEnd = offset + 1
      if functions[open].branch != branch { functions[open].isBalanced = false }
      state.header = DeclarationHeader()
    } else if state.parentheses == 0 {
      // The end of a structure: what follows up to the semicolon declares its variables.
      state.header.hasBraces = true
    }
    state.open = nil
  }

  // MARK: Conditionals

  mutating func beginConditional(isDead: Bool) {
    branchings.append(
      Branching(
        atStart: state,
        openFunction: state.open.map { functions[$0] },
        isDead: isDead
      )
    )
    enterBranch()
  }

  /// `#elif` and `#else`.
  mutating func nextBranch(isElse: Bool, isDead: Bool) {
    guard !branchings.isEmpty else { return }
    finishBranch()
    let last = branchings.count - 1
    branchings[last].isDead = isDead
    branchings[last].hasElse = branchings[last].hasElse || isElse
    state = branchings[last].atStart
    branch.removeLast()
    enterBranch()
  }

  mutating func endConditional() {
    guard !branchings.isEmpty else { return }
    finishBranch()
    branch.removeLast()
    let branching = branchings.removeLast()
    if !branching.hasElse, let ended = branching.ended {
      if !agree(ended, branching.atStart) { doubt(ended, branching.atStart) }
    }
    state = branching.ended ?? branching.atStart
  }

  private mutating func enterBranch() {
    branchSerial += 1
    branch.append(branchSerial)
  }

  private mutating func finishBranch() {
    let last = branchings.count - 1
    if branchings[last].isDead {
      if let open = branchings[last].atStart.open, let function = branchings[last].openFunction {
        functions[open] = function
      }
    } else if let ended = branchings[last].ended {
      if !agree(ended, state) { doubt(ended, state) }
    } else {
      branchings[last].ended = state
    }
  }

  private func agree(_ left: State, _ right: State) -> Bool {
    left.braces == right.braces && left.parentheses == right.parentheses
      && left.open == right.open
  }

  /// Marks the functions that two branches leave in different states.
  private mutating func doubt(_ left: State, _ right: State) {
    for state in [left, right] {
      if let open = state.open { functions[open].isBalanced = false }
    }
  }

  // MARK: Result

  /// The functions; one that is still open at the end reaches to the end and is not balanced.
  func functionRanges(end: Int) -> [FunctionRange] {
    functions.map {
      FunctionRange(
        name: $0.name,
        start: $0.start,
        body: $0.bodyStart..<($0.bodyEnd ?? max(end, $0.bodyStart)),
        isBalanced: $0.isBalanced && $0.bodyEnd != nil
      )
    }
  }
}
