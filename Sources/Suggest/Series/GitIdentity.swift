// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// Who the user is to git.
struct GitIdentity: Sendable {
  var name: String
  var email: String
  var signature: String { "\(name) <\(email)>" }

  /// - Parameter directory: whose own configuration counts as well, when it is a repository
  init(in directory: String) throws(SuggestError) {
    // As git would sign off, but with nothing made up from the name of the machine.
    let output = try ExternalCommand(
      program: "git",
      arguments: ["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"],
      directory: directory
    ).run()
    guard output.status == 0, let match = output.text.wholeMatch(of: /(.+) <(.+)> \d+ [+-]\d+\n/)
    else {
      throw SuggestError(
        "git does not know who signs the patches off",
        remedy: "run git config --global user.name NAME and git config --global user.email ADDRESS"
      )
    }
    name = String(match.1)
    email = String(match.2)
  }
}
