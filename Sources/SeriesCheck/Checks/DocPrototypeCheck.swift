// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// Prototypes in the documentation, and kernel-doc above functions, against the functions as of the
/// patch that adds them.
enum DocPrototypeCheck: SeriesTextCheck {
  static let ids = ["doc-prototype-mismatch"]

  /// The functions whose prototypes a patch documents.
  static func names(_ steps: [SeriesCheckContext.StepContext]) -> Set<String> {
    Set(steps.flatMap { $0.files.flatMap { documented(in: $0).map(\.name) } })
  }

  static func findings(_ context: SeriesCheckContext) -> [Finding] {
    context.steps.flatMap { step in
      step.files.flatMap { file in
        inDocumentation(file, step, context)
          + (file.isC ? inKernelDoc(file, step, context) : [])
      }
    }
  }

  // MARK: Documentation files

  /// The prototypes in the indented blocks of a file that the patch added.
  private static func documented(in file: ChangedFile) -> [Prototype] {
    guard file.isDocumentation else { return [] }
    let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
    var result: [Prototype] = []
    var index = 0
    while index < lines.count {
      let start = index
      while index < lines.count, isIndented(lines[index]) { index += 1 }
      let block = start + 1...max(start + 1, index)
      if index > start, file.patchLine(in: block) != nil {
        result += prototypes(lines[start..<index], firstLine: start + 1)
      }
      if index == start { index += 1 }
    }
    return result
  }

  private static func isIndented(_ line: Substring) -> Bool {
    guard let first = line.first, first == " " || first == "\t" else { return false }
    return line.contains { !$0.isWhitespace }
  }

  private static func prototypes(_ block: ArraySlice<Substring>, firstLine: Int) -> [Prototype] {
    let padding = String(repeating: "\n", count: firstLine - 1)
    let text = padding + block.joined(separator: "\n")
    let source = SourceText(text + (text.hasSuffix(";") ? "" : ";"))
    return Prototype.all(in: source).filter { prototype in
      // A call has no types; a declaration names one for every parameter.
      !prototype.isDefinition && !prototype.parameters.isEmpty
        && prototype.parameters.allSatisfy { !$0.name.isEmpty }
    }
  }

  private static func inDocumentation(
    _ file: ChangedFile,
    _ step: SeriesCheckContext.StepContext,
    _ context: SeriesCheckContext
  ) -> [Finding] {
    documented(in: file).compactMap { claim in
      guard let patchLine = file.patchLine(in: claim.firstLine...claim.line) else { return nil }
      let found = actual(claim.name, step, context)
      guard let first = found.first, !found.contains(where: { $0.prototype.agrees(with: claim) })
      else { return nil }
      return Finding(
        id: "doc-prototype-mismatch",
        severity: .warning,
        location: SourceLocation(path: file.path, line: claim.line),
        message:
          "the documentation says \(claim.text), but the function is \(first.prototype.text)",
        related: [
          Finding.Related(
            location: SourceLocation(path: first.path, line: first.prototype.line),
            message: "declared here"
          )
        ],
        patch: context.location(step, patchLine),
        context: claim.name
      )
    }
  }

  /// The declarations of a function as of a patch, headers first.
  private static func actual(
    _ name: String,
    _ step: SeriesCheckContext.StepContext,
    _ context: SeriesCheckContext
  ) -> [(path: String, prototype: Prototype)] {
    let touched = step.after.changes.keys.filter { $0.hasSuffix(".h") || $0.hasSuffix(".c") }
    let paths = Set(touched).union(context.knowledge.declaring[name] ?? []).sorted {
      ($0.hasSuffix(".h") ? 0 : 1, $0) < ($1.hasSuffix(".h") ? 0 : 1, $1)
    }
    return paths.flatMap { path -> [(String, Prototype)] in
      let file = try? step.after.file(at: path)
      guard let text = file?.content.lossyText, text.contains(name) else { return [] }
      return Prototype.all(in: SourceText(text)).filter { $0.name == name }.map { (path, $0) }
    }
  }

  // MARK: kernel-doc

  private static func inKernelDoc(
    _ file: ChangedFile,
    _ step: SeriesCheckContext.StepContext,
    _ context: SeriesCheckContext
  ) -> [Finding] {
    let source = SourceText(file.text)
    let comments = source.comments.filter {
      $0.isKernelDoc && file.patchLine(in: $0.firstLine...$0.lastLine) != nil
    }
    guard !comments.isEmpty else { return [] }
    let functions = Prototype.all(in: source)
    return comments.flatMap { comment -> [Finding] in
      guard let doc = KernelDoc(comment),
        let function = functions.first(where: { $0.firstLine > comment.lastLine }),
        function.firstLine <= comment.lastLine + 2
      else { return [] }
      return differences(doc, function).compactMap { line, message in
        guard
          let patchLine = file.added[line] ?? file.patchLine(in: comment.firstLine...function.line)
        else { return nil }
        return Finding(
          id: "doc-prototype-mismatch",
          severity: .warning,
          location: SourceLocation(path: file.path, line: line),
          message: message,
          related: [
            Finding.Related(
              location: SourceLocation(path: file.path, line: function.line),
              message: "the function"
            )
          ],
          patch: context.location(step, patchLine),
          context: "\(function.name) \(message)"
        )
      }
    }
  }

  private static func differences(_ doc: KernelDoc, _ function: Prototype) -> [(Int, String)] {
    guard doc.name == function.name else {
      return [(doc.line, "kernel-doc of \(doc.name)() stands above \(function.name)()")]
    }
    let names = function.parameters.map(\.name)
    let excess = doc.parameters.filter { !names.contains($0.name) }.map {
      ($0.line, "kernel-doc describes '\($0.name)', which \(function.name)() does not take")
    }
    let described = Set(doc.parameters.map(\.name))
    let missing = names.filter { !$0.isEmpty && !described.contains($0) }.map {
      (doc.line, "kernel-doc of \(function.name)() does not describe '\($0)'")
    }
    return excess + missing
  }
}

/// The function comment that scripts/kernel-doc reads.
struct KernelDoc {
  let name: String
  /// One-based line of the name.
  let line: Int
  let parameters: [(name: String, line: Int)]

  /// Nil for the documentation of something else than a function.
  init?(_ comment: SourceText.Comment) {
    let lines = comment.text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count > 1,
      let head = lines[1].firstMatch(
        of: /^\s*\*\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\(\))?\s*(?:[-:]|$)/
      )
    else { return nil }
    let kinds: Set<Substring> = ["struct", "union", "enum", "typedef", "DOC", "define", "var"]
    guard !kinds.contains(head.1) else { return nil }
    name = String(head.1)
    line = comment.firstLine + 1
    parameters = lines.enumerated().compactMap { offset, text in
      guard let match = text.firstMatch(of: /^\s*\*\s*@([A-Za-z_][A-Za-z0-9_]*):/) else {
        return nil
      }
      return (String(match.1), comment.firstLine + offset)
    }
  }
}
