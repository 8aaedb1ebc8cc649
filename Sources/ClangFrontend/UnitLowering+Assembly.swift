// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

/// Inline assembly of which the operands say what it does. libclang gives out no template, so that
/// the forms are known by the names that the kernel's macros give to their variables.
extension UnitLowering {
  func assembly(_ cursor: CXCursor) -> CStatement.Kind {
    let operands = parts(of: cursor)
    guard operands.contains(where: touchesMemory) else {
      // The flags of `WARN_ON()`'s trap (arch/x86/include/asm/bug.h).
      return operands.contains { Self.bare($0).spelling == "__flags" } ? .warning : .empty
    }
    let bare = operands.map(Self.bare)
    let names = bare.map { $0.kind == CXCursor_DeclRefExpr ? $0.spelling : "" }
    if Self.isDereference(bare[0]), operands.count == 1 || names.dropFirst() == ["pto_val__"] {
      return change(bare[0], cursor)
    }
    switch (operands.count, names[0]) {
    case (1, "__here"):
      // `_THIS_IP_`: which place of the code it is says nothing.
      let here = expression(bare[0])
      let address = CExpression(kind: .integer(Self.codeAddress), type: here.type, span: here.span)
      return .expression(assignment(here, address))
    case (2, "pfo_val__"): return processorRead(bare[0], bare[1])
    case (2, "__ret") where Self.isDereference(bare[1]):
      return exchange(bare[0], bare[1], when: nil, cursor)
    case (4, "__ret")
    where Self.isDereference(bare[1]) && names[2] == "__new" && names[3] == "__old":
      return exchange(bare[0], bare[1], when: (old: bare[3], new: bare[2]), cursor)
    default: return .unsupported("inline assembly")
    }
  }

  /// Where the kernel's code starts on x86-64 (Documentation/arch/x86/x86_64/mm.rst).
  private static let codeAddress: UInt64 = 0xffff_ffff_8100_0000

  /// Whether an operand is something that assembly can read or write. A barrier has none, and the
  /// trap of `WARN_ON()` only constants that describe the place.
  private func touchesMemory(_ operand: CXCursor) -> Bool {
    let inner = Self.bare(operand)
    return inner.kind != CXCursor_StringLiteral && operand.foldedInteger == nil
      && !(inner.kind == CXCursor_DeclRefExpr && inner.spelling == "__flags")
  }

  /// Without parentheses and implicit conversions.
  private static func bare(_ cursor: CXCursor) -> CXCursor {
    var inner = cursor
    while inner.kind == CXCursor_UnexposedExpr || inner.kind == CXCursor_ParenExpr,
      let next = inner.children.last(where: \.isStatement)
    {
      inner = next
    }
    return inner
  }

  private static func isDereference(_ cursor: CXCursor) -> Bool {
    cursor.kind == CXCursor_UnaryOperator
      && clang_getCursorUnaryOperatorKind(cursor) == CXUnaryOperator_Deref
  }

  // MARK: Forms

  /// `this_cpu_read()` and its like (arch/x86/include/asm/percpu.h): one processor is all there is,
  /// and its variables are where their declarations are.
  private func processorRead(_ value: CXCursor, _ variable: CXCursor) -> CStatement.Kind {
    var source = expression(variable)
    if case .unary(.addressOf, let operand) = source.kind { source = operand }
    let target = expression(value)
    return .expression(assignment(target, converted(source, to: target.type)))
  }

  /// `this_cpu_inc()`, `this_cpu_add()` and their like: only the template says to what memory is
  /// changed.
  private func change(_ place: CXCursor, _ cursor: CXCursor) -> CStatement.Kind {
    let memory = expression(place)
    let span = span(cursor)
    let void = typeID(CType(kind: .void, spelling: "void", sizeBytes: 1, alignmentBytes: 1))
    func pointer(_ pointee: TypeID) -> TypeID {
      let spelling = result[pointee].spelling + " *"
      return typeID(
        CType(kind: .pointer(pointee), spelling: spelling, sizeBytes: 8, alignmentBytes: 8)
      )
    }
    let long = typeID(
      CType(
        kind: .integer(isSigned: false),
        spelling: "unsigned long",
        sizeBytes: 8,
        alignmentBytes: 8
      )
    )
    let type = typeID(
      CType(
        kind: .function(result: void, parameters: [pointer(void), long], isVariadic: false),
        spelling: "void (void *, unsigned long)",
        sizeBytes: 1,
        alignmentBytes: 1
      )
    )
    let name = CUnit.changedByAssembly
    let known = result.declarations.firstIndex { $0.name == name }
    if known == nil {
      result.declarations.append(CDeclaration(name: name, kind: .function, type: type))
    }
    let id = DeclarationID(Int32(known ?? result.declarations.count - 1))
    func make(_ kind: CExpression.Kind, _ type: TypeID) -> CExpression {
      CExpression(kind: kind, type: type, span: span)
    }
    return .expression(
      make(
        .call(
          callee: make(.reference(id), type),
          arguments: [
            make(.unary(.addressOf, memory), pointer(memory.type)),
            make(.integer(UInt64(result[memory.type].sizeBytes)), long),
          ]
        ),
        void
      )
    )
  }

  private func typeID(_ type: CType) -> TypeID {
    if let known = result.types.firstIndex(of: type) { return TypeID(Int32(known)) }
    result.types.append(type)
    return TypeID(Int32(result.types.count - 1))
  }

  /// `xchg()`, and `cmpxchg()` with what is compared (arch/x86/include/asm/cmpxchg.h).
  private func exchange(
    _ result: CXCursor,
    _ place: CXCursor,
    when condition: (old: CXCursor, new: CXCursor)?,
    _ cursor: CXCursor
  ) -> CStatement.Kind {
    let target = expression(result)
    let memory = expression(place)
    let span = span(cursor)
    self.result.declarations.append(
      CDeclaration(
        name: "exchanged",
        kind: .local,
        type: target.type,
        initializer: converted(memory, to: target.type),
        span: span
      )
    )
    let old = DeclarationID(Int32(self.result.declarations.count - 1))
    let known = CExpression(kind: .reference(old), type: target.type, span: span)
    let new = condition.map { expression($0.new) } ?? target
    let write = assignment(memory, converted(new, to: memory.type))
    func statement(_ kind: CStatement.Kind) -> CStatement { CStatement(kind: kind, span: span) }
    var list = [statement(.declaration([old]))]
    if let condition {
      let test = CExpression(
        kind: .binary(.equal, known, converted(expression(condition.old), to: target.type)),
        type: intType(like: result) ?? target.type,
        span: span
      )
      list.append(
        statement(
          .branch(condition: test, then: statement(.expression(write)), otherwise: nil)
        )
      )
    } else {
      list.append(statement(.expression(write)))
    }
    list.append(statement(.expression(assignment(target, known))))
    return .compound(list)
  }

  private func converted(_ value: CExpression, to type: TypeID) -> CExpression {
    value.type == type
      ? value : CExpression(kind: .cast(value, isImplicit: true), type: type, span: value.span)
  }

  private func assignment(_ target: CExpression, _ value: CExpression) -> CExpression {
    CExpression(
      kind: .assignment(op: nil, target: target, value: value, computation: target.type),
      type: target.type,
      span: target.span
    )
  }
}
