// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Rules
import Suggest
import Testing

/// The rule page-array-loop leaves alone what may be unmapped twice, and nothing else: its own case
/// with a line more.
@Suite struct RepeatedTeardownTests {
  private static let rule = "page-array-loop"
  private static let name = "keep-unmapped-again.c"

  private static func failures(_ change: (String) -> String) throws -> [RuleCases.Failure] {
    let path = "\(RuleCaseTests.rules)/\(rule)/\(name)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = change(text)
    #expect(changed != text)
    let library = try RuleLibrary(directory: RuleCaseTests.rules)
    var entry = try #require(library.entries.first { $0.rule.id == rule })
    entry.cases = [name: changed]
    return try RuleCases(entry, in: library).failures().filter { $0.name == name }
  }

  private static func ending(_ lines: String) -> (String) -> String {
    { text in
      let end = text.lastIndex(of: "}") ?? text.endIndex
      return "\(text[..<end])\(lines)\n}\n"
    }
  }

  static let endings = [
    "\tport->addrs = NULL;",
    "\tkfree(port);",
    "\tmemset(port, 0, sizeof(*port));",
    // Who calls it frees the struct.
    "}\n\nvoid grebe_remove(struct grebe_port *port)\n{\n\tgrebe_close(port);\n\tkfree(port);",
    // And through a function of its own.
    "}\n\nstatic void grebe_release(struct grebe_port *port)\n{\n\tkfree(port);\n}\n\n"
      + "void grebe_remove(struct grebe_port *port)\n{\n\tgrebe_close(port);\n\tgrebe_release(port);",
  ]

  @Test(arguments: endings)
  func whatIsForgottenIsConverted(_ lines: String) throws {
    #expect(try Self.failures(Self.ending(lines)).map(\.reason) == ["is changed"])
  }

  @Test func whatDoesNotAskIsConverted() throws {
    let failures = try Self.failures {
      $0.replacing("\tif (!port->addrs)\n\t\treturn;\n", with: "")
    }
    #expect(failures.map(\.reason) == ["is changed"])
  }

  static let elsewhere = [
    // Another function frees the struct, whenever that is.
    "}\n\nvoid grebe_exit(struct grebe_port *port)\n{\n\tkfree(port);",
    // What is called so frees nothing.
    "}\n\nvoid grebe_free(struct grebe_port *port)\n{\n\tgrebe_close(port);\n}\n\n"
      + "void grebe_remove(struct grebe_port *port)\n{\n\tgrebe_free(port);",
    // It is nothing before there are any, and nobody says so again.
    "}\n\nvoid grebe_init(struct grebe_port *port)\n{\n\tport->addrs = NULL;",
    "}\n\nvoid grebe_init(struct grebe_port *port)\n{\n\tmemset(port, 0, sizeof(*port));",
  ]

  @Test(arguments: elsewhere)
  func whatIsForgottenElsewhereIsLeftAlone(_ lines: String) throws {
    #expect(try Self.failures(Self.ending(lines)).isEmpty)
  }
}
