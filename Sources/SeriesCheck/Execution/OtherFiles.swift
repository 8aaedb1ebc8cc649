// SPDX-License-Identifier: GPL-2.0-only

internal import PatchSeries

/// For each C file that a series changes, those of the same patch's others that go to its worker.
///
/// All of them where they are few: the worker knows best what a function comes to. Else those that
/// the file comes to by the names before parentheses in it, in the headers that the series changes,
/// and in files that it comes to; none where that is more than ``limit``.
struct OtherFiles {
  /// Files that go along with one at most.
  static let limit = 16

  struct Choice {
    var files: [ExecutionWork.OtherFile] = []
    /// The file comes to more than ``OtherFiles/limit``.
    var isTooMany = false
  }

  private(set) var choices: [Choice]

  init(_ items: [ExecutionItem]) {
    choices = items.map { _ in Choice() }
    let groups = Dictionary(grouping: items.indices.filter { !items[$0].isMixed }) {
      items[$0].step.patch.number
    }
    for group in groups.values where group.count > 1 {
      let patch = PatchFiles(group.map { items[$0] })
      for (place, index) in group.enumerated() { choices[index] = patch.choice(for: place) }
    }
  }
}

/// The C files of one patch. Each text is scanned once.
private struct PatchFiles {
  let files: [ExecutionWork.OtherFile]
  /// Empty where all files go along.
  var names: [CallNames] = []
  /// The files that offer a function.
  var places: [String: [Int]] = [:]
  /// What the headers that the series changes come to.
  var headers: Set<String> = []

  init(_ items: [ExecutionItem]) {
    files = items.map(\.asOther)
    guard files.count > OtherFiles.limit + 1 else { return }
    names = files.map(\.names)
    for place in files.indices {
      for name in names[place].offered { places[name, default: []].append(place) }
    }
    headers = CallNames(items[0].headerTexts).wanted
  }

  func choice(for own: Int) -> OtherFiles.Choice {
    // A patch may have two diffs of one file.
    let path = files[own].path
    guard !names.isEmpty else { return OtherFiles.Choice(files: files.filter { $0.path != path }) }
    var chosen: Set<Int> = []
    var work = [names[own].wanted, headers]
    while let wanted = work.popLast() {
      for name in wanted {
        for place in places[name] ?? [] where files[place].path != path {
          guard chosen.insert(place).inserted else { continue }
          guard chosen.count <= OtherFiles.limit else { return OtherFiles.Choice(isTooMany: true) }
          work.append(names[place].wanted)
        }
      }
    }
    return OtherFiles.Choice(files: chosen.sorted().map { files[$0] })
  }
}
