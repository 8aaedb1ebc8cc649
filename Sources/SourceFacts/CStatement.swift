// SPDX-License-Identifier: GPL-2.0-only

/// A statement of a function's body.
public struct CStatement: Hashable, Sendable, Codable {
  public indirect enum Kind: Hashable, Sendable, Codable {
    case compound([CStatement])
    /// Variables come into being here, in order; initialisers are in ``CUnit/declarations``.
    case declaration([DeclarationID])
    case expression(CExpression)
    case branch(condition: CExpression, then: CStatement, otherwise: CStatement?)
    case whileLoop(condition: CExpression, body: CStatement)
    case doLoop(body: CStatement, condition: CExpression)
    case forLoop(
      initializer: CStatement?,
      condition: CExpression?,
      step: CExpression?,
      body: CStatement
    )
    case switchOn(CExpression, body: CStatement)
    /// `case low:` or GNU `case low ... high:`.
    case caseLabel(low: Int64, high: Int64?, CStatement)
    case defaultLabel(CStatement)
    case label(String, CStatement)
    case goTo(String)
    case computedGoTo(CExpression)
    case breakLoop
    case continueLoop
    case returnValue(CExpression?)
    case empty
    /// The trap of `WARN_ON()`: what the code takes for impossible has happened.
    case warning
    /// What the front end could not express (inline assembly, …): libclang's name of it.
    case unsupported(String)
  }

  public var kind: Kind
  public var span: SourceSpan

  public init(kind: Kind, span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}
