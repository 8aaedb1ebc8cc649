// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PackagePlugin

/// Makes the texts of rules/ a part of the program at every build that finds them changed.
@main struct EmbedRules: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let rules = context.package.directoryURL.appending(path: "rules")
    let output = context.pluginWorkDirectoryURL.appending(path: "BundledRules.swift")
    let names = try FileManager.default.subpathsOfDirectory(atPath: rules.path)
    return [
      .buildCommand(
        displayName: "Embedding the rules",
        executable: try context.tool(named: "RuleEmbedder").url,
        arguments: [rules.path, output.path],
        // Folders too, so that a rule that is added or removed is noticed.
        inputFiles: [rules] + names.sorted().map { rules.appending(path: $0) },
        outputFiles: [output]
      )
    ]
  }
}
