// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

extension Interpreter {
  @inline(__always)
  private func wrap(_ value: UInt64, _ instruction: Instruction) -> UInt64 {
    guard instruction.width < 8 else { return value }
    let shift = UInt64(64 &- 8 &* Int(instruction.width))
    return instruction.isSigned
      ? UInt64(bitPattern: Int64(bitPattern: value &<< shift) &>> Int64(bitPattern: shift))
      : (value &<< shift) &>> shift
  }

  /// Executes until the frame above `depth` returns.
  func run(untilDepth depth: Int) throws(ExecutionStop) -> UInt64? {
    var functionIndex = frames[frames.count - 1].function
    var instructions = code[functionIndex]
    var pc = frames[frames.count - 1].instruction
    var file = registers + frames[frames.count - 1].registers
    var definedFile = defined + frames[frames.count - 1].registers
    var unknownFile = unknown + frames[frames.count - 1].registers
    var marks = covered[functionIndex]
    // Local, so that a step costs no access to the object.
    var executed = steps
    let limit = stepLimit
    var watchesMembers = !pointerMembers.isEmpty

    func save() {
      frames[frames.count - 1].instruction = pc
      steps = executed
    }
    func restore() {
      let frame = frames[frames.count - 1]
      functionIndex = frame.function
      instructions = code[functionIndex]
      pc = frame.instruction
      file = registers + frame.registers
      definedFile = defined + frame.registers
      unknownFile = unknown + frame.registers
      marks = covered[functionIndex]
    }
    /// Arithmetic that can lose bits of the value under test.
    @inline(__always)
    func set(
      _ register: Int,
      _ result: UInt64,
      _ instruction: Instruction,
      _ left: UInt64,
      _ right: UInt64,
      _ known: Knowledge
    ) {
      if known.contains(.tried) {
        save()
        unknownFile[register] = known.union(noteArithmetic(instruction, left, right, result))
      } else {
        unknownFile[register] = known
      }
      file[register] = result
    }

    while true {
      let instruction = instructions[pc]
      marks[pc] = true
      pc &+= 1
      executed &+= 1
      if executed > limit {
        save()
        throw stop(.budget, "more than \(limit) steps")
      }
      let a = Int(instruction.a)
      let b = Int(instruction.b)
      let dst = Int(instruction.dst)
      switch instruction.op {
      case .constant:
        file[dst] = instruction.immediate
        unknownFile[dst] = []
      case .move:
        file[dst] = file[a]
        unknownFile[dst] = unknownFile[a]
      case .convert:
        set(dst, wrap(file[a], instruction), instruction, file[a], 0, unknownFile[a])
      case .toBool:
        file[dst] = file[a] == 0 ? 0 : 1
        unknownFile[dst] = unknownFile[a]
      case .logicalNot:
        file[dst] = file[a] == 0 ? 1 : 0
        unknownFile[dst] = unknownFile[a]
      case .negate:
        file[dst] = wrap(0 &- file[a], instruction)
        unknownFile[dst] = unknownFile[a]
      case .bitwiseNot:
        file[dst] = wrap(~file[a], instruction)
        unknownFile[dst] = unknownFile[a]
      case .add:
        set(
          dst,
          wrap(file[a] &+ file[b], instruction),
          instruction,
          file[a],
          file[b],
          unknownFile[a].union(unknownFile[b])
        )
      case .difference:
        if let left = memory.locate(file[a]), let right = memory.locate(file[b]),
          left.object != right.object
        {
          guard mayBeOne(left.object, right.object) else {
            save()
            throw stop(.unsupported, "the difference of pointers into two objects")
          }
          file[dst] = 0
          unknownFile[dst] = .unknown
          hasGuessedDistance = true
          break
        }
        fallthrough
      case .subtract:
        file[dst] = wrap(file[a] &- file[b], instruction)
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .multiply:
        set(
          dst,
          wrap(file[a] &* file[b], instruction),
          instruction,
          file[a],
          file[b],
          unknownFile[a].union(unknownFile[b])
        )
      case .divide, .remainder:
        let isAssumed = file[b] == 0 && !unknownFile[b].isEmpty && host.assumesDivisors
        guard file[b] != 0 || isAssumed else {
          save()
          usesUnknown = !unknownFile[b].isEmpty
          throw stop(.fault(.divisionByZero), "division by zero")
        }
        file[dst] = wrap(quotient(instruction, file[a], isAssumed ? 1 : file[b]), instruction)
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .shiftLeft:
        set(
          dst,
          file[b] > 63 ? 0 : wrap(file[a] &<< file[b], instruction),
          instruction,
          file[a],
          file[b],
          unknownFile[a].union(unknownFile[b])
        )
      case .shiftRight:
        let count = min(file[b], 63)
        file[dst] = wrap(
          instruction.isSigned
            ? UInt64(bitPattern: Int64(bitPattern: file[a]) &>> Int64(bitPattern: count))
            : (file[b] > 63 ? 0 : file[a] &>> count),
          instruction
        )
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .and:
        var known = unknownFile[a].union(unknownFile[b])
        if known.contains(.wrapped) {
          let mask = unknownFile[a].contains(.wrapped) ? file[b] : file[a]
          if !Self.keepsLoss(mask, instruction.width) { known.remove(.wrapped) }
        }
        file[dst] = file[a] & file[b]
        unknownFile[dst] = known
      case .or:
        file[dst] = file[a] | file[b]
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .xor:
        file[dst] = wrap(file[a] ^ file[b], instruction)
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .equal:
        file[dst] = file[a] == file[b] ? 1 : 0
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .notEqual:
        file[dst] = file[a] != file[b] ? 1 : 0
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .less:
        if unknownFile[a].union(unknownFile[b]).contains(.wrapped) {
          save()
          noteComparison(instruction, file[a], file[b])
        }
        file[dst] =
          (instruction.isSigned
            ? Int64(bitPattern: file[a]) < Int64(bitPattern: file[b]) : file[a] < file[b]) ? 1 : 0
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .lessOrEqual:
        if unknownFile[a].union(unknownFile[b]).contains(.wrapped) {
          save()
          noteComparison(instruction, file[a], file[b])
        }
        file[dst] =
          (instruction.isSigned
            ? Int64(bitPattern: file[a]) <= Int64(bitPattern: file[b]) : file[a] <= file[b])
          ? 1 : 0
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
      case .scaledAdd:
        file[dst] = file[a] &+ file[b] &* instruction.immediate
        unknownFile[dst] = unknownFile[a].union(unknownFile[b])
        if watchesMembers, file[b] != 0, instruction.immediate == 8,
          pointerMembers.contains(file[a])
        {
          save()
          notePastEnd(file[dst], -1, isUnknown: !unknownFile[b].isEmpty)
        }
      case .addImmediate:
        file[dst] = file[a] &+ instruction.immediate
        unknownFile[dst] = unknownFile[a]
      case .load:
        let address = file[a] &+ instruction.immediate
        let width = Int(instruction.width)
        // What stands at an unknown place is unknown.
        let isUnknown = unknownFile[a].intersection(.unknown)
        if let value = fastLoad(address, width) {
          file[dst] = wrap(value, instruction)
          unknownFile[dst] = isUnknown
        } else {
          save()
          usesUnknown = !isUnknown.isEmpty
          hasReadUnknown = false
          let value = try slowLoad(address, width, access(instruction, functionIndex))
          file[dst] = wrap(value, instruction)
          unknownFile[dst] = isUnknown.union(readKnowledge)
        }
      case .store:
        let address = file[a] &+ instruction.immediate
        let width = Int(instruction.width)
        if !unknownFile[b].isEmpty || recordsStores || !unchosenCopies.isEmpty
          || !fastStore(address, width, file[b])
        {
          save()
          usesUnknown = !unknownFile[a].isEmpty
          if !pastEnds.isEmpty { try checkEnds(address, access(instruction, functionIndex)) }
          try store(address, width, file[b], unknownFile[b])
        }
      case .loadBits:
        save()
        let field = program.functions[functionIndex].bitFields[b]
        usesUnknown = !unknownFile[a].isEmpty
        hasReadUnknown = false
        file[dst] = try loadBits(
          file[a] &+ instruction.immediate,
          field,
          access(instruction, functionIndex)
        )
        unknownFile[dst] = unknownFile[a].union(hasReadUnknown ? .unknown : [])
      case .storeBits:
        save()
        let field = program.functions[functionIndex].bitFields[dst]
        usesUnknown = !unknownFile[a].isEmpty
        try storeBits(
          file[a] &+ instruction.immediate,
          field,
          file[b],
          isUnknown: !unknownFile[b].isEmpty
        )
      case .copy:
        save()
        usesUnknown = !unknownFile[a].union(unknownFile[b]).isEmpty
        try copy(to: file[a], from: file[b], Int(instruction.immediate))
      case .zero:
        save()
        usesUnknown = !unknownFile[a].isEmpty
        try fill(file[a], 0, Int(instruction.immediate))
      case .beginLocal:
        save()
        _ = try beginLocal(instruction.a, in: program.functions[functionIndex])
      case .localAddress:
        let index = frames[frames.count - 1].slots + a
        unknownFile[dst] = []
        if slotObjects[index] >= 0 {
          file[dst] = memory.address(of: Int(slotObjects[index]))
        } else {
          save()
          file[dst] = try beginLocal(instruction.a, in: program.functions[functionIndex])
        }
      case .globalAddress:
        save()
        unknownFile[dst] = []
        file[dst] = try globalAddress(
          DeclarationID(Int32(truncatingIfNeeded: instruction.immediate))
        )
        // Its initialiser has been executed, perhaps.
        executed = steps
      case .stringAddress:
        save()
        unknownFile[dst] = []
        file[dst] = try stringAddress(Int(instruction.immediate))
      case .functionAddress:
        file[dst] = Memory.textBase + instruction.immediate * 16
        unknownFile[dst] = []
      case .markUndefined: definedFile[dst] = false
      case .markDefined: definedFile[dst] = true
      case .checkDefined:
        if !definedFile[a] {
          guard let filler else {
            save()
            usesUnknown = false
            throw stop(.fault(.uninitialisedRead), "a variable is read before it is given a value")
          }
          file[a] = wrap(UInt64(filler) &* 0x0101_0101_0101_0101, instruction)
          definedFile[a] = true
        }
      case .checkIndex:
        if file[a] >= instruction.immediate {
          save()
          usesUnknown = !unknownFile[a].isEmpty
          throw stop(
            .fault(.outOfBounds),
            "index \(Int64(bitPattern: file[a])) is outside "
              + program.functions[functionIndex].messages[Int(instruction.extra)]
          )
        }
      case .noteElement:
        if file[b] == instruction.immediate {
          save()
          notePastEnd(file[a], instruction.extra, isUnknown: !unknownFile[b].isEmpty)
        }
      case .noteMember:
        pointerMembers.insert(file[a])
        watchesMembers = true
      case .jump: pc = Int(instruction.immediate)
      case .jumpIfTrue: if file[a] != 0 { pc = Int(instruction.immediate) }
      case .jumpIfFalse: if file[a] == 0 { pc = Int(instruction.immediate) }
      case .switchJump:
        pc = target(
          program.functions[functionIndex].switches[Int(instruction.immediate)],
          file[a],
          instruction.isSigned
        )
      case .call, .callIndirect:
        save()
        let hasEntered = try call(instruction, file, functionIndex)
        executed = steps
        if hasEntered {
          restore()
        } else if instruction.width < 8 {
          file[dst] = wrap(file[dst], instruction)
        }
      case .returnValue, .returnVoid:
        save()
        var value: UInt64? = nil
        var isUnknown: Knowledge = []
        if instruction.op == .returnValue {
          value = file[a]
          isUnknown = unknownFile[a]
          if file[a] == Self.inProgress { returnedPending = true }
          if instruction.immediate > 0 {
            // The aggregate must outlive the frame that it may lie in.
            value = try copyOfAggregate(at: file[a], Int(instruction.immediate))
          }
        }
        record(.leave, program.functions[functionIndex].declaration, [], value, currentSite)
        let result = frames[frames.count - 1].result
        leave()
        if frames.count == depth { return value }
        if let value {
          registers[result] = value
          unknown[result] = isUnknown
        }
        restore()
      case .variadicArgument:
        save()
        let next = try load(file[a], 8)
        hasReadUnknown = false
        file[dst] = wrap(try load(next, 8), instruction)
        unknownFile[dst] = hasReadUnknown ? .unknown : []
        try store(file[a], 8, next + 8)
      case .variadicStart:
        save()
        try store(file[a], 8, frames[frames.count - 1].variadic)
      case .warn: host.warned()
      case .unsupported:
        save()
        throw stop(
          .unsupported,
          program.functions[functionIndex].messages[Int(instruction.immediate)]
        )
      }
    }
  }

  private func quotient(_ instruction: Instruction, _ a: UInt64, _ b: UInt64) -> UInt64 {
    let isDivision = instruction.op == .divide
    guard instruction.isSigned else { return isDivision ? a / b : a % b }
    let left = Int64(bitPattern: a)
    let right = Int64(bitPattern: b)
    return UInt64(
      bitPattern: isDivision
        ? left.dividedReportingOverflow(by: right).partialValue
        : left.remainderReportingOverflow(dividingBy: right).partialValue
    )
  }

  private func target(_ table: SwitchTable, _ value: UInt64, _ isSigned: Bool) -> Int {
    for entry in table.cases {
      let matches =
        isSigned
        ? (entry.low...max(entry.low, entry.high)).contains(Int64(bitPattern: value))
        : value >= UInt64(bitPattern: entry.low) && value <= UInt64(bitPattern: entry.high)
      if matches { return entry.target }
    }
    return table.otherwise
  }

  private func access(_ instruction: Instruction, _ function: Int) -> Access? {
    instruction.extra >= 0
      ? program.functions[function].accesses[Int(instruction.extra)] : nil
  }

  /// - Returns: true when an interpreted function was entered, false when the result is there.
  private func call(
    _ instruction: Instruction,
    _ file: UnsafeMutablePointer<UInt64>,
    _ functionIndex: Int
  ) throws(ExecutionStop) -> Bool {
    var calleeIndex = Int(truncatingIfNeeded: instruction.immediate)
    if instruction.op == .callIndirect {
      let address = file[Int(instruction.extra)]
      if let known = self.calleeIndex(at: address) {
        calleeIndex = known
      } else if address == Self.unknownFunction {
        let type = TypeID(Int32(truncatingIfNeeded: instruction.immediate))
        return try callOutside(
          Callee(
            name: "(function pointer)",
            declaration: DeclarationID(-1),
            result: type,
            resultIsVoid: isVoid(type),
            function: nil
          ),
          nil,
          instruction,
          file,
          functionIndex
        )
      } else {
        usesUnknown = !unknown[file - registers + Int(instruction.extra)].isEmpty
        throw invalidAddress(address, "called")
      }
    }
    if case .function(let function) = resolution[calleeIndex] {
      let first = frames[frames.count - 1].registers + Int(instruction.a)
      let base =
        frames[frames.count - 1].registers + program.functions[functionIndex].registerCount
      if trace != nil {
        record(
          .enter,
          program.callees[calleeIndex].declaration,
          Array(UnsafeBufferPointer(start: registers + first, count: Int(instruction.b))),
          nil,
          currentSite
        )
      }
      try enter(
        function,
        argumentsAt: first,
        count: Int(instruction.b),
        result: frames[frames.count - 1].registers + Int(instruction.dst),
        registersAt: base
      )
      return true
    }
    return try callOutside(
      program.callees[calleeIndex],
      calleeIndex,
      instruction,
      file,
      functionIndex
    )
  }

  /// `-EINPROGRESS`
  private static let inProgress = UInt64(bitPattern: -115)
}
