// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing
import Yams

/// The files of `.ci/examples`, run as the forge or git would run them, on a repository with the
/// sample tree and a branch.
@Suite struct ExampleTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL.path

  /// A clone whose `origin` has `main`; the clone stands on a branch with one series applied.
  static func checkout(applying mailbox: String) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    let script = """
      set -e
      export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
      mkdir origin && cp -r '\(root)/patches/base/.' origin && cd origin
      git init -q -b main && git config user.name A && git config user.email a@sample.example
      git add -A && git commit -q -m base && cd ..
      git clone -q origin clone && cd clone
      git config user.name A && git config user.email a@sample.example
      twostep series export '\(root)/patches/\(mailbox)' | git am -q
      """
    try #require(try Program.shell(script, in: directory.path).status == 0)
    return directory
  }

  struct Push: Sendable {
    let mailbox: String
    let status: Int32

    static let all = [
      Push(mailbox: "good/tern-two-step.mbox", status: 0),
      // git takes it, and we do not.
      Push(mailbox: "bad/api-not-in-tree.mbox", status: 1),
    ]
  }

  @Test(arguments: Push.all)
  func theGitHubWorkflow(push: Push) throws {
    let directory = try Self.checkout(applying: push.mailbox)
    let text = try Program.text("\(Self.root)/.ci/examples/github.yml")
    let workflow = try #require(try Yams.load(yaml: text) as? [String: Any])
    let job = try #require((workflow["jobs"] as? [String: Any])?["validate"] as? [String: Any])
    let steps = try #require(job["steps"] as? [[String: Any]])
    let scripts = steps.compactMap { $0["run"] as? String }
    let environment = ["GITHUB_BASE_REF": "main", "RUNNER_TEMP": directory.path]
    let outcomes = try scripts.map {
      try Program.shell($0, in: directory.file("clone"), environment: environment)
    }
    #expect(outcomes.map(\.status) == [0, push.status, 0])
    #expect(outcomes[1].output.contains("::error ") == (push.status == 1))
    let upload = (steps.last?["with"] as? [String: Any])?["sarif_file"] as? String
    let log = try Program.text(directory.file("clone/\(upload ?? "")"))
    #expect(log.contains("\"ruleId\" : \"api-not-in-tree\"") == (push.status == 1))
  }

  @Test(arguments: Push.all)
  func theGitLabJob(push: Push) throws {
    let directory = try Self.checkout(applying: push.mailbox)
    let text = try Program.text("\(Self.root)/.ci/examples/gitlab.yml")
    let file = try #require(try Yams.load(yaml: text) as? [String: Any])
    let job = try #require(file["twostep"] as? [String: Any])
    let script = try #require(job["script"] as? [String])
    let outcome = try Program.shell(
      script.joined(separator: "\n"),
      in: directory.file("clone"),
      environment: [
        "CI_BUILDS_DIR": directory.path, "CI_MERGE_REQUEST_DIFF_BASE_SHA": "origin/main",
      ]
    )
    #expect(outcome.status == push.status, "\(outcome.output)")
    let reports = (job["artifacts"] as? [String: Any])?["reports"] as? [String: String]
    for path in try #require(reports).values {
      #expect(try !Program.text(directory.file("clone/\(path)")).isEmpty)
    }
  }

  @Test(arguments: Push.all)
  func theHookLetsGoodPushesThroughOnly(push: Push) throws {
    let directory = try Self.checkout(applying: push.mailbox)
    let outcome = try Program.shell(
      """
      cp '\(Self.root)/.ci/examples/pre-push' .git/hooks/
      git -C ../origin checkout -q --detach
      git push -q origin HEAD:main
      """,
      in: directory.file("clone")
    )
    #expect(outcome.status == push.status, "\(outcome.output)")
    #expect(outcome.output.contains("[api-not-in-tree]") == (push.status == 1))
    let left = try Program.shell("git worktree list | wc -l", in: directory.file("clone"))
    #expect(left.output == "1\n")
  }
}
