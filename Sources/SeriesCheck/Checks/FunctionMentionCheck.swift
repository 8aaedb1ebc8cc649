// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// Functions that a commit message, kernel-doc or the documentation names and that nobody has.
///
/// Only names of a family that the patch itself deals with are looked at: a message may well speak
/// of a library of user space, but not of a `dma_` function that does not exist next to those that
/// do.
enum FunctionMentionCheck: SeriesTextCheck {
  static let ids = ["commit-unknown-function", "doc-unknown-function"]

  static func mentions(
    _ steps: [SeriesCheckContext.StepContext],
    in series: Series
  ) -> [FunctionMention] {
    steps.flatMap { step in
      let families = families(of: step)
      return (inMessage(step, series) + inDocumentation(step, series)).filter {
        families.contains(family(of: $0.name))
      }
    }
  }

  static func findings(_ context: SeriesCheckContext) -> [Finding] {
    var seen: Set<String> = []
    return mentions(context.steps, in: context.series).compactMap { mention in
      let isMessage = mention.kind == .message
      let id = isMessage ? "commit-unknown-function" : "doc-unknown-function"
      guard !context.isKnownAnywhere(mention.name), !isGenerated(mention.name, context),
        seen.insert("\(id) \(mention.step) \(mention.name) \(mention.location.path)").inserted
      else { return nil }
      let place = isMessage ? "the message names" : "the documentation names"
      return Finding(
        id: id,
        severity: .warning,
        location: mention.location,
        message: "\(place) \(mention.name)(), which neither the base nor the series has",
        patch: mention.patch,
        context: mention.name
      )
    }
  }

  /// Tracepoints and the like are made by macros from a shorter name.
  private static func isGenerated(_ name: String, _ context: SeriesCheckContext) -> Bool {
    ["trace_", "sys_", "__", "do_trace_"].contains { name.hasPrefix($0) }
  }

  private static func family(of name: String) -> String { String(name.prefix { $0 != "_" }) }

  /// The first words of the functions that the patch's hunks call or define.
  private static func families(of step: SeriesCheckContext.StepContext) -> Set<String> {
    var result: Set<String> = []
    for diff in step.patch.mail.diffs {
      for line in diff.hunks.flatMap(\.lines) {
        for name in FunctionMention.names(in: line.text.lossyText) {
          result.insert(family(of: name))
        }
      }
    }
    return result
  }

  private static func inMessage(
    _ step: SeriesCheckContext.StepContext,
    _ series: Series
  ) -> [FunctionMention] {
    let lines = withoutRemarks(
      step.patch.mail.info.message[...].lines.map { $0.withoutNewlineText }
    )
    return lines.enumerated().flatMap { index, line -> [FunctionMention] in
      let names = FunctionMention.names(in: line)
      guard !names.isEmpty, !line.hasPrefix(">"), Trailer(line) == nil, !isLog(line),
        !FunctionMention.isHistorical(around(lines, index))
      else { return [] }
      let patch = step.patch.location(in: series, messageLine: index + 1)
      return names.map {
        FunctionMention(
          name: $0,
          kind: .message,
          step: step.index,
          location: SourceLocation(path: patch.mailPath, line: patch.mailLine ?? 0),
          patch: patch,
          line: line
        )
      }
    }
  }

  /// The lines with those blank that hold a maintainer's `[name: what I changed]`: they speak of
  /// versions of the patch that nobody sees any more.
  private static func withoutRemarks(_ lines: [String]) -> [String] {
    var isInRemark = false
    return lines.map { line in
      if line.hasPrefix("["), line.dropFirst().prefix(while: { !$0.isWhitespace }).hasSuffix(":") {
        isInRemark = true
      }
      defer { if line.hasSuffix("]") || line.isEmpty { isInRemark = false } }
      return isInRemark ? "" : line
    }
  }

  /// The sentence a line is part of may reach into its neighbours.
  private static func around(_ lines: [String], _ index: Int) -> String {
    lines[max(0, index - 1)...min(lines.count - 1, index + 1)].joined(separator: " ")
  }

  /// A line of a kernel log or a backtrace.
  private static func isLog(_ line: String) -> Bool {
    line.contains(/^\s*(?:\[\s*\d+\.\d+\]|#\d+ |\?|RIP:|Call Trace)|\+0x[0-9a-f]+\//)
  }

  private static func inDocumentation(
    _ step: SeriesCheckContext.StepContext,
    _ series: Series
  ) -> [FunctionMention] {
    step.files.flatMap { file -> [FunctionMention] in
      lines(of: file).flatMap { number, text -> [FunctionMention] in
        let names = FunctionMention.names(in: text)
        guard !names.isEmpty, let patchLine = file.added[number],
          !FunctionMention.isHistorical(text)
        else { return [] }
        return names.map {
          FunctionMention(
            name: $0,
            kind: .documentation,
            step: step.index,
            location: SourceLocation(path: file.path, line: number),
            patch: step.patch.location(in: series, patchLine: patchLine),
            line: text
          )
        }
      }
    }
  }

  /// The lines of a documentation file, or of the kernel-doc comments of a C file.
  private static func lines(of file: ChangedFile) -> [(Int, String)] {
    if file.isDocumentation {
      return file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
        ($0.offset + 1, String($0.element))
      }
    }
    guard file.isC else { return [] }
    return SourceText(file.text).comments.filter(\.isKernelDoc).flatMap { comment in
      comment.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
        (comment.firstLine + $0.offset, String($0.element))
      }
    }
  }
}

extension ByteSlice {
  var withoutNewlineText: String { (last == UInt8(ascii: "\n") ? dropLast() : self).lossyText }
}
