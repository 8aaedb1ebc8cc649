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
    // Whoever calls it frees the struct.
    stop("kfree(port)") + "\n}\n\n" + remove,
    // What opens as well undoes its own work.
    "}\n\nint grebe_probe(struct grebe_port *port)\n{\n\tint ret = grebe_open(port);\n\n"
      + "\tif (!ret)\n\t\tgrebe_close(port);\n\treturn ret;\n}\n\n" + remove,
  ]

  private static let remove =
    "void grebe_remove(struct grebe_port *port)\n{\n\tgrebe_close(port);\n\tkfree(port);"

  private static func stop(_ more: String) -> String {
    "}\n\nvoid grebe_stop(struct grebe_port *port)\n{\n\tgrebe_close(port);\n\t\(more);"
  }

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
    // The struct says only which handler of the interrupt goes.
    "\tfree_irq(1, port);",
  ]

  @Test(arguments: elsewhere)
  func whatIsForgottenElsewhereIsLeftAlone(_ lines: String) throws {
    let failures = try Self.failures { text in
      // In the place of an empty line: the reason names a line behind it.
      Self.ending(lines)(
        text.replacing(
          "\n\nstruct grebe_port {",
          with: "\nconst void *free_irq(unsigned int irq, void *dev_id);\nstruct grebe_port {"
        )
      )
    }
    #expect(failures.isEmpty, "\(failures)")
  }

  @Test func oneCallerThatFreesDoesNotSpeakForAnother() throws {
    let failures = try Self.failures { text in
      Self.ending(Self.stop("port->npages = 1") + "\n}\n\n" + Self.remove)(
        text.replacing("which nothing clears", with: "which grebe_stop() does not clear")
      )
    }
    #expect(failures.isEmpty, "\(failures)")
  }
}
