// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// Who the user is to git.
struct GitIdentity: Sendable {
  var name: String
  var email: String
  var signature: String { "\(name) <\(email)>" }

  /// - Parameter directory: whose own configuration counts as well, when it is a repository
  init(in directory: String) throws(SuggestError) {
    func value(_ key: String) throws(SuggestError) -> String? {
      let output = try ExternalCommand(
        program: "git",
        arguments: ["config", "--get", key],
        directory: directory
      ).run()
      let text = output.text.trimmingCharacters(in: .whitespacesAndNewlines)
      return output.status == 0 && !text.isEmpty ? text : nil
    }
    guard let name = try value("user.name"), let email = try value("user.email") else {
      throw SuggestError(
        "git does not know who signs the patches off",
        remedy: "run git config --global user.name NAME and git config --global user.email ADDRESS"
      )
    }
    self.name = name
    self.email = email
  }
}
