// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
public import KernelTree

/// Writes one numbered series for each driver, with a cover letter and the evidence.
public struct SeriesWriter {
  /// A file that was written.
  public struct Written: Sendable, Hashable {
    public var path: String
    public var subject: String

    public init(path: String, subject: String) {
      self.path = path
      self.subject = subject
    }
  }

  private let tree: KernelTree
  private let runsTreeScripts: Bool

  /// - Parameter runsTreeScripts: whether the tree's get_maintainer.pl may say who is to get them
  public init(tree: KernelTree, runsTreeScripts: Bool) {
    self.tree = tree
    self.runsTreeScripts = runsTreeScripts
  }

  /// Who signs the patches off.
  public func signature() throws -> String { try GitIdentity(in: tree.root).signature }

  /// The mails of all series, cover letters left out.
  public func patches(_ result: SuggestResult) throws -> [String] {
    let identity = try GitIdentity(in: tree.root)
    var patches: [String] = []
    let series = Dictionary(grouping: result.emissions, by: \.folder)
    for (_, emissions) in series.sorted(by: { $0.key < $1.key }) {
      patches += try mails(of: emissions, identity: identity)
        .filter { $0.name.hasSuffix(".patch") }.dropFirst().map(\.text)
    }
    return patches
  }

  /// - Parameter directory: is made when missing; a series that is there already is not touched
  public func write(_ result: SuggestResult, to directory: String) throws -> [Written] {
    let identity = try GitIdentity(in: tree.root)
    var written: [Written] = []
    let series = Dictionary(grouping: result.emissions, by: \.folder)
    for (folder, emissions) in series.sorted(by: { $0.key < $1.key }) {
      let target = "\(directory)/\(folder)"
      guard !FileManager.default.fileExists(atPath: target) else {
        throw SuggestError(
          "\(target) is there already",
          remedy: "remove it, or give -o another directory"
        )
      }
      let files = try mails(of: emissions, identity: identity)
      // The folder appears complete or not at all.
      let temporary = "\(directory)/.\(folder).\(UUID().uuidString)"
      do {
        try FileManager.default.createDirectory(
          atPath: temporary,
          withIntermediateDirectories: true
        )
        for (name, text) in files {
          try Data(text.utf8).write(to: URL(fileURLWithPath: "\(temporary)/\(name)"))
        }
        try FileManager.default.moveItem(atPath: temporary, toPath: target)
      } catch {
        try? FileManager.default.removeItem(atPath: temporary)
        throw SuggestError("cannot write \(target): \(error.localizedDescription)")
      }
      let patches = files.map(\.name).filter { $0.hasSuffix(".patch") && !$0.hasPrefix("0000") }
      for (name, emission) in zip(patches, emissions) {
        written.append(Written(path: "\(target)/\(name)", subject: emission.subject))
      }
    }
    return written
  }

  private func mails(
    of emissions: [SuggestResult.Emission],
    identity: GitIdentity
  ) throws -> [(name: String, text: String)] {
    let base = try PatchStack(emissions).before
    let commit = try BaseCommit(of: tree, files: base)
    let repository = try PatchRepository(files: base.mapValues { [UInt8]($0) }, identity: identity)
    for emission in emissions {
      try repository.commit(
        emission.after.mapValues { [UInt8]($0) },
        message: emission.message
      )
    }
    var mails = try repository.mails()
    if runsTreeScripts {
      let scripts = TreeScripts(tree: tree)
      for number in mails.indices.dropFirst() {
        let (to, cc) = try scripts.recipients(of: mails[number].text)
        mails[number].text = addressed(mails[number].text, to: to, cc: cc)
      }
    }
    mails[0].text = cover(mails[0].text, emissions)
    if let commit { mails[0].text += "\nbase-commit: \(commit.id)\n" }
    let evidence = try Evidence(
      tree: tree,
      baseCommit: commit?.id,
      emissions: emissions
    ).json()
    return mails + [("evidence.json", evidence)]
  }

  private func addressed(_ mail: String, to: [String], cc: [String]) -> String {
    var headers = ""
    if !to.isEmpty { headers += "To: " + to.joined(separator: ",\n    ") + "\n" }
    if !cc.isEmpty { headers += "Cc: " + cc.joined(separator: ",\n    ") + "\n" }
    guard let end = mail.range(of: "\n\n") else { return mail }
    return mail[..<end.lowerBound] + "\n" + headers + mail[mail.index(after: end.lowerBound)...]
  }

  private func cover(_ mail: String, _ emissions: [SuggestResult.Emission]) -> String {
    let driver = emissions.first?.prefix ?? ""
    let count = emissions.count
    let isOfArrays = emissions.allSatisfy { $0.storage != nil }
    let subject = isOfArrays ? "use the IOVA-based DMA API" : "follow the DMA API"
    let what =
      isOfArrays
      ? "\(count == 1 ? "One array" : "\(count) arrays") of pages that \(driver) maps page by page "
        + "\(count == 1 ? "becomes" : "become") one IOVA range each, with the old calls kept for "
        + "devices without an IOMMU."
      : "Each patch says what it changes and why."
    var text = PatchText.wrapped(
      what + " What was checked, and what executing both versions showed, is in evidence.json."
    )
    text += "\n\nThe series is for Linux \(tree.release)."
    return mail.replacing("*** SUBJECT HERE ***", with: "\(driver): \(subject)")
      .replacing("*** BLURB HERE ***", with: text)
  }
}
