// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

/// One manual page of section 1, in the man(7) macros that every reader knows.
struct ManualPage {
  /// `twostep-scan`
  let name: String
  private(set) var text = ""

  /// The command's page and those of its subcommands.
  static func pages(of command: HelpDump.Command) -> [ManualPage] {
    let subcommands = (command.subcommands ?? []).filter { $0.commandName != "help" }
    return [ManualPage(command)] + subcommands.filter(\.shouldDisplay).flatMap(pages)
  }

  private init(_ command: HelpDump.Command) {
    name = ((command.superCommands ?? []) + [command.commandName]).joined(separator: "-")
    let arguments = (command.arguments ?? []).filter(\.shouldDisplay)
    let subcommands = (command.subcommands ?? [])
      .filter { $0.shouldDisplay && $0.commandName != "help" }

    let tool = CheckReport.Tool.twostep
    macro("TH", name.uppercased(), "1", "", "\(tool.name) \(tool.version)", "User Commands")
    macro("SH", "NAME")
    line("\(name.roff) \\- \((command.abstract ?? "").roff)")
    macro("SH", "SYNOPSIS")
    macro("B", name.replacing("-", with: " "))
    for argument in arguments { line(synopsis(of: argument)) }
    if !subcommands.isEmpty { line("\\fIcommand\\fR ...") }
    if let discussion = command.discussion, !discussion.isEmpty {
      macro("SH", "DESCRIPTION")
      paragraphs(discussion)
    }
    if !subcommands.isEmpty {
      macro("SH", "COMMANDS")
      for subcommand in subcommands {
        macro("TP")
        line("\\fB\(name)\\-\(subcommand.commandName.roff)\\fR(1)")
        line((subcommand.abstract ?? "").roff)
      }
    }
    if !arguments.isEmpty {
      macro("SH", "OPTIONS")
      for argument in arguments { describe(argument) }
    }
    macro("SH", "EXIT STATUS")
    for (status, meaning) in [
      ("0", "nothing to object to"),
      ("1", "a finding at or above the severity of --fail-on"),
      ("2", "no such finding, but something could not be checked"),
      ("64", "the command line was not understood"),
    ] {
      macro("TP")
      macro("B", status)
      line(meaning.roff)
    }
  }

  private func synopsis(of argument: HelpDump.Argument) -> String {
    let value = "\\fI\((argument.valueName ?? "value").roff)\\fR"
    let name = "\\fB\((argument.names?.last?.spelling ?? "").roff)\\fR"
    let word =
      switch argument.kind {
      case .positional: value
      case .option: "\(name) \(value)"
      case .flag: name
      }
    let repeated = argument.isRepeating ? " ..." : ""
    return argument.isOptional ? "[\(word)\(repeated)]" : "\(word)\(repeated)"
  }

  private mutating func describe(_ argument: HelpDump.Argument) {
    let value = "\\fI\((argument.valueName ?? "value").roff)\\fR"
    let names = (argument.names ?? []).map { "\\fB\($0.spelling.roff)\\fR" }.joined(separator: ", ")
    macro("TP")
    switch argument.kind {
    case .positional: line(value)
    case .option: line("\(names) \(value)")
    case .flag: line(names)
    }
    line((argument.abstract ?? "").roff)
    if let discussion = argument.discussion, !discussion.isEmpty { line(discussion.roff) }
    if let defaultValue = argument.defaultValue { line("Default: \(defaultValue.roff).") }
    for value in argument.allValues ?? [] {
      guard let description = argument.allValueDescriptions?[value] else { continue }
      macro("RS")
      line("\\fB\(value.roff)\\fR: \(description.roff)")
      macro("RE")
    }
  }

  private mutating func paragraphs(_ prose: String) {
    for source in prose.split(separator: "\n", omittingEmptySubsequences: false) {
      if source.isEmpty { macro("PP") } else { line(String(source).roff) }
    }
  }

  /// Each argument in quotes, since a macro takes words.
  private mutating func macro(_ name: String, _ arguments: String...) {
    line(([".\(name)"] + arguments.map { "\"\($0.roff)\"" }).joined(separator: " "))
  }

  private mutating func line(_ content: String) {
    text += content + "\n"
  }
}

extension String {
  /// As plain text for roff: no escape, no request and no hyphen that is not a minus.
  fileprivate var roff: String {
    let text = replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing(
      "\"",
      with: "\\(dq"
    )
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
