// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

extension FunctionLowering {
  func statement(_ statement: CStatement) {
    span = statement.span
    let firstTemporary = nextRegister
    switch statement.kind {
    case .compound(let list): compound(list)
    case .declaration(let ids):
      for id in ids { declare(id) }
      return
    case .expression(let value): discard(value)
    case .branch(let condition, let then, let otherwise): branch(condition, then, otherwise)
    case .whileLoop(let condition, let body): loop(condition: condition, body: body)
    case .doLoop(let body, let condition): doLoop(body, condition)
    case .forLoop(let initializer, let condition, let step, let body):
      inScope(labels: []) {
        if let initializer { self.statement(initializer) }
        loop(condition: condition, step: step, body: body)
      }
    case .switchOn(let value, let body): switchOn(value, body)
    case .caseLabel(let low, let high, let inner):
      guard let table = switches.last else { break }
      result.switches[table].cases.append(
        SwitchCase(low: low, high: high ?? low, target: result.code.count)
      )
      self.statement(inner)
    case .defaultLabel(let inner):
      if let table = switches.last { result.switches[table].otherwise = result.code.count }
      self.statement(inner)
    case .label(let name, let inner):
      labels[name] = result.code.count
      self.statement(inner)
    case .goTo(let name):
      let inside = scopes.lastIndex { $0.labels.contains(name) } ?? -1
      leaveScopes(downTo: inside + 1)
      gotos.append((emit(Instruction(op: .jump)), name))
    case .computedGoTo: unsupported("computed goto")
    case .breakLoop: leave(&breaks)
    case .continueLoop: leave(&continues)
    case .returnValue(let value): returnValue(value)
    case .empty: break
    case .warning: emit(Instruction(op: .warn))
    case .unsupported(let name): unsupported(name)
    }
    // Registers of variables stay taken; temporaries above them are free again.
    nextRegister = max(firstTemporary, namedRegisters)
  }

  private func compound(_ list: [CStatement]) {
    inScope(labels: Self.labels(in: list)) {
      for inner in list { statement(inner) }
    }
  }

  func inScope(labels: Set<String>, _ body: () -> Void) {
    scopes.append(Scope(labels: labels))
    body()
    runCleanups(of: scopes[scopes.count - 1])
    scopes.removeLast()
  }

  private func runCleanups(of scope: Scope) {
    for (slot, function) in scope.cleanups.reversed() {
      let argument = newRegister()
      emit(Instruction(op: .localAddress, dst: argument, a: slot))
      let dst = newRegister()
      emit(
        Instruction(
          op: .call,
          dst: dst,
          a: argument,
          b: 1,
          immediate: UInt64(program.callee(for: function))
        )
      )
    }
  }

  private func leaveScopes(downTo depth: Int) {
    for scope in scopes[min(depth, scopes.count)...].reversed() { runCleanups(of: scope) }
  }

  private func leave(_ targets: inout [JumpTarget]) {
    guard let last = targets.indices.last else { return }
    leaveScopes(downTo: targets[last].scopeDepth)
    targets[last].jumps.append(emit(Instruction(op: .jump)))
  }

  private func returnValue(_ value: CExpression?) {
    guard let value else {
      leaveScopes(downTo: 0)
      emit(Instruction(op: .returnVoid))
      return
    }
    if case .void = unit[value.type].kind {
      discard(value)
      leaveScopes(downTo: 0)
      emit(Instruction(op: .returnVoid))
      return
    }
    let register = rvalue(value)
    leaveScopes(downTo: 0)
    let size = isAggregate(value.type) ? unit[value.type].sizeBytes : 0
    emit(Instruction(op: .returnValue, a: register, immediate: UInt64(size)))
  }

  private func branch(_ condition: CExpression, _ then: CStatement, _ otherwise: CStatement?) {
    let toElse = jump(unless: condition)
    statement(then)
    guard let otherwise else {
      patch(toElse)
      return
    }
    let toEnd = emit(Instruction(op: .jump))
    patch(toElse)
    statement(otherwise)
    patch(toEnd)
  }

  func jump(unless condition: CExpression) -> Int {
    let register = rvalue(condition)
    span = condition.span
    return emit(Instruction(op: .jumpIfFalse, a: register))
  }

  private func loop(condition: CExpression?, step: CExpression? = nil, body: CStatement) {
    let start = result.code.count
    let toEnd = condition.map { jump(unless: $0) }
    loopBody(body)
    patch(continues.removeLast().jumps)
    if let step { discard(step) }
    emit(Instruction(op: .jump, immediate: UInt64(start)))
    if let toEnd { patch(toEnd) }
    patch(breaks.removeLast().jumps)
  }

  private func loopBody(_ body: CStatement) {
    breaks.append(JumpTarget(scopeDepth: scopes.count))
    continues.append(JumpTarget(scopeDepth: scopes.count))
    statement(body)
  }

  private func doLoop(_ body: CStatement, _ condition: CExpression) {
    let start = result.code.count
    loopBody(body)
    patch(continues.removeLast().jumps)
    let register = rvalue(condition)
    emit(Instruction(op: .jumpIfTrue, a: register, immediate: UInt64(start)))
    patch(breaks.removeLast().jumps)
  }

  private func switchOn(_ value: CExpression, _ body: CStatement) {
    let register = rvalue(value)
    let table = result.switches.count
    result.switches.append(SwitchTable(cases: [], otherwise: -1))
    emit(
      Instruction(
        op: .switchJump,
        isSigned: scalar(value.type).isSigned,
        a: register,
        immediate: UInt64(table)
      )
    )
    switches.append(table)
    breaks.append(JumpTarget(scopeDepth: scopes.count))
    statement(body)
    patch(breaks.removeLast().jumps)
    switches.removeLast()
    if result.switches[table].otherwise < 0 {
      result.switches[table].otherwise = result.code.count
    }
  }

  // MARK: Declarations

  private func declare(_ id: DeclarationID) {
    let variable = unit[id]
    // A static local is made when it is first used, like a global.
    guard variable.kind == .local else { return }
    guard isExecutable(variable.type) else {
      unsupported("a variable of type \(unit[variable.type].spelling)")
      return
    }
    let place = places[id] ?? newPlace(for: id)
    places[id] = place
    if let value = variable.initializer, Self.isCall(value) { pendingTest = tests["\(id.index)"] }
    defer { pendingTest = nil }
    switch place {
    case .register(let register):
      if let value = variable.initializer {
        let temporary = converted(rvalue(value), from: value.type, to: variable.type)
        emit(Instruction(op: .move, dst: register, a: temporary))
      } else {
        maybeUndefined.insert(id)
        emit(Instruction(op: .markUndefined, dst: register))
      }
    case .slot(let slot):
      emit(Instruction(op: .beginLocal, a: slot))
      if let cleanup = variable.cleanup, !scopes.isEmpty {
        scopes[scopes.count - 1].cleanups.append((slot, cleanup))
      }
      guard let value = variable.initializer else { return }
      let address = newRegister()
      emit(Instruction(op: .localAddress, dst: address, a: slot))
      initialize(address, 0, variable.type, value)
    }
  }

  private static func labels(in list: [CStatement]) -> Set<String> {
    var found: Set<String> = []
    func visit(_ statement: CStatement) {
      switch statement.kind {
      case .compound(let list): list.forEach(visit)
      case .branch(_, let then, let otherwise):
        visit(then)
        if let otherwise { visit(otherwise) }
      case .whileLoop(_, let body), .doLoop(let body, _), .switchOn(_, let body),
        .forLoop(_, _, _, let body), .caseLabel(_, _, let body), .defaultLabel(let body):
        visit(body)
      case .label(let name, let inner):
        found.insert(name)
        visit(inner)
      default: break
      }
    }
    list.forEach(visit)
    return found
  }
}
