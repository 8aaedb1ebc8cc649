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

    func save() { frames[frames.count - 1].instruction = pc }
    func restore() {
      let frame = frames[frames.count - 1]
      functionIndex = frame.function
      instructions = code[functionIndex]
      pc = frame.instruction
      file = registers + frame.registers
      definedFile = defined + frame.registers
    }

    while true {
      let instruction = instructions[pc]
      covered[functionIndex][pc] = true
      pc &+= 1
      steps &+= 1
      if steps > stepLimit {
        save()
        throw stop(.budget, "more than \(stepLimit) steps")
      }
      let a = Int(instruction.a)
      let b = Int(instruction.b)
      let dst = Int(instruction.dst)
      switch instruction.op {
      case .constant: file[dst] = instruction.immediate
      case .move: file[dst] = file[a]
      case .convert: file[dst] = wrap(file[a], instruction)
      case .toBool: file[dst] = file[a] == 0 ? 0 : 1
      case .logicalNot: file[dst] = file[a] == 0 ? 1 : 0
      case .negate: file[dst] = wrap(0 &- file[a], instruction)
      case .bitwiseNot: file[dst] = wrap(~file[a], instruction)
      case .add: file[dst] = wrap(file[a] &+ file[b], instruction)
      case .subtract: file[dst] = wrap(file[a] &- file[b], instruction)
      case .multiply: file[dst] = wrap(file[a] &* file[b], instruction)
      case .divide, .remainder:
        guard file[b] != 0 else {
          save()
          throw stop(.fault(.divisionByZero), "division by zero")
        }
        file[dst] = wrap(quotient(instruction, file[a], file[b]), instruction)
      case .shiftLeft:
        file[dst] = file[b] > 63 ? 0 : wrap(file[a] &<< file[b], instruction)
      case .shiftRight:
        let count = min(file[b], 63)
        file[dst] = wrap(
          instruction.isSigned
            ? UInt64(bitPattern: Int64(bitPattern: file[a]) &>> Int64(bitPattern: count))
            : (file[b] > 63 ? 0 : file[a] &>> count),
          instruction
        )
      case .and: file[dst] = file[a] & file[b]
      case .or: file[dst] = file[a] | file[b]
      case .xor: file[dst] = wrap(file[a] ^ file[b], instruction)
      case .equal: file[dst] = file[a] == file[b] ? 1 : 0
      case .notEqual: file[dst] = file[a] != file[b] ? 1 : 0
      case .less:
        file[dst] =
          (instruction.isSigned
            ? Int64(bitPattern: file[a]) < Int64(bitPattern: file[b]) : file[a] < file[b]) ? 1 : 0
      case .lessOrEqual:
        file[dst] =
          (instruction.isSigned
            ? Int64(bitPattern: file[a]) <= Int64(bitPattern: file[b]) : file[a] <= file[b])
          ? 1 : 0
      case .scaledAdd: file[dst] = file[a] &+ file[b] &* instruction.immediate
      case .addImmediate: file[dst] = file[a] &+ instruction.immediate
      case .load:
        let address = file[a] &+ instruction.immediate
        let width = Int(instruction.width)
        if let value = fastLoad(address, width) {
          file[dst] = wrap(value, instruction)
        } else {
          save()
          let value = try slowLoad(address, width, access(instruction, functionIndex))
          file[dst] = wrap(value, instruction)
        }
      case .store:
        let address = file[a] &+ instruction.immediate
        let width = Int(instruction.width)
        if !fastStore(address, width, file[b]) {
          save()
          try store(address, width, file[b])
        }
      case .loadBits:
        save()
        let field = program.functions[functionIndex].bitFields[b]
        file[dst] = try loadBits(
          file[a] &+ instruction.immediate,
          field,
          access(instruction, functionIndex)
        )
      case .storeBits:
        save()
        let field = program.functions[functionIndex].bitFields[dst]
        try storeBits(file[a] &+ instruction.immediate, field, file[b])
      case .copy:
        save()
        try copy(to: file[a], from: file[b], Int(instruction.immediate))
      case .zero:
        save()
        try fill(file[a], 0, Int(instruction.immediate))
      case .beginLocal:
        save()
        _ = try beginLocal(instruction.a, in: program.functions[functionIndex])
      case .localAddress:
        let index = frames[frames.count - 1].slots + a
        if slotObjects[index] >= 0 {
          file[dst] = memory.address(of: Int(slotObjects[index]))
        } else {
          save()
          file[dst] = try beginLocal(instruction.a, in: program.functions[functionIndex])
        }
      case .globalAddress:
        save()
        file[dst] = try globalAddress(
          DeclarationID(Int32(truncatingIfNeeded: instruction.immediate))
        )
      case .stringAddress:
        save()
        file[dst] = try stringAddress(Int(instruction.immediate))
      case .functionAddress:
        file[dst] = Memory.textBase + instruction.immediate * 16
      case .markUndefined: definedFile[dst] = false
      case .markDefined: definedFile[dst] = true
      case .checkDefined:
        if !definedFile[a] {
          save()
          throw stop(.fault(.uninitialisedRead), "a variable is read before it is given a value")
        }
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
        if try call(instruction, file, functionIndex) {
          restore()
        } else if instruction.width < 8 {
          file[dst] = wrap(file[dst], instruction)
        }
      case .returnValue, .returnVoid:
        save()
        var value: UInt64? = nil
        if instruction.op == .returnValue {
          value = file[a]
          if instruction.immediate > 0 {
            // The aggregate must outlive the frame that it may lie in.
            value = try copyOfAggregate(at: file[a], Int(instruction.immediate))
          }
        }
        record(.leave, program.functions[functionIndex].declaration, [], value, currentSite)
        let result = frames[frames.count - 1].result
        leave()
        if frames.count == depth { return value }
        if let value { registers[result] = value }
        restore()
      case .variadicArgument:
        save()
        let next = try load(file[a], 8)
        file[dst] = wrap(try load(next, 8), instruction)
        try store(file[a], 8, next + 8)
      case .variadicStart:
        save()
        try store(file[a], 8, frames[frames.count - 1].variadic)
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
      let relative = address &- Memory.textBase
      if relative % 16 == 0, relative / 16 < UInt64(program.callees.count) {
        calleeIndex = Int(relative / 16)
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

  private func callOutside(
    _ callee: Callee,
    _ index: Int?,
    _ instruction: Instruction,
    _ file: UnsafeMutablePointer<UInt64>,
    _ functionIndex: Int
  ) throws(ExecutionStop) -> Bool {
    let site = currentSite
    let call = OutsideCall(
      interpreter: self,
      callee: callee,
      arguments: Array(
        UnsafeBufferPointer(start: file + Int(instruction.a), count: Int(instruction.b))
      ),
      site: site,
      test: program.functions[functionIndex].resultTests[Int(site.instruction)] ?? [],
      resultType: callee.result
    )
    let value: UInt64
    if let index, case .builtin(let builtin) = resolution[index] {
      do {
        value = try builtin(call)
      } catch let stop as ExecutionStop {
        throw stop
      } catch {
        throw stop(.unsupported, "\(error)")
      }
    } else {
      value = try host.call(unknown: call)
    }
    file[Int(instruction.dst)] = value
    record(.outside, callee.declaration, call.arguments, callee.resultIsVoid ? nil : value, site)
    return false
  }

  func isVoid(_ type: TypeID) -> Bool {
    if case .void = program.unit[type].kind { true } else { false }
  }
}
