// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import KernelAPI
internal import PatchSeries

/// Calls of catalogued functions that neither the base nor the series up to that patch has.
enum APIAvailabilityCheck: SeriesTextCheck {
  static let ids = ["api-not-in-tree"]

  static func names(_ steps: [SeriesCheckContext.StepContext]) -> Set<String> {
    Set(steps.flatMap { $0.files.flatMap { calls(in: $0).map(\.name) } })
  }

  static func findings(_ context: SeriesCheckContext) -> [Finding] {
    context.steps.flatMap { step in
      step.files.flatMap { file -> [Finding] in
        let missing = calls(in: file).filter { !isDefined($0.name, upTo: step.index, context) }
        var seen: Set<String> = []
        return missing.filter { seen.insert($0.name).inserted }.map { call in
          let later = context.steps.first { isDeclared(call.name, in: $0) && $0.index > step.index }
          let remedy =
            later.map {
              "not bisectable, fixed by \($0.patch.place(total: context.series.total))"
            }
            ?? APICatalogue.function(named: call.name)?.introduced.map { "Linux \($0) has it" }
            ?? "no release is known to have it"
          return Finding(
            id: "api-not-in-tree",
            severity: .error,
            location: SourceLocation(path: file.path, line: call.line),
            message: "\(call.name)() is called, but the base does not have it; \(remedy)",
            patch: context.location(step, file.added[call.line]),
            context: call.name
          )
        }
      }
    }
  }

  private static func isDefined(
    _ name: String,
    upTo step: Int,
    _ context: SeriesCheckContext
  ) -> Bool {
    context.knowledge.isKnown(name)
      || context.steps.prefix(step + 1).contains { isDeclared(name, in: $0) }
  }

  /// Whether a file of the patch, as the patch leaves it, declares or defines the name.
  private static func isDeclared(_ name: String, in step: SeriesCheckContext.StepContext) -> Bool {
    step.files.contains { file in
      guard file.isC, file.text.hasBytes(of: name) else { return false }
      return file.text.contains("#define \(name)")
        || Prototype.all(in: SourceText(file.text)).contains { $0.name == name }
    }
  }

  /// Calls in added lines of functions that the catalogue says are not in every kernel.
  private static func calls(in file: ChangedFile) -> [(name: String, line: Int)] {
    guard file.isC else { return [] }
    let tokens = BlankedToken.tokens(of: SourceText(file.text).code)
    return tokens.indices.dropLast().compactMap { index in
      let token = tokens[index]
      guard token.isIdentifier, tokens[index + 1].text == "(", file.added[token.line] != nil,
        APICatalogue.function(named: token.text)?.introduced != nil
      else { return nil }
      return (token.text, token.line)
    }
  }
}
