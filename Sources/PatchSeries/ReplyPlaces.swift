// SPDX-License-Identifier: GPL-2.0-only

/// Finds what a letter answers: by the ids it names, through the letters between, and where ids are
/// missing by the subject it repeats.
struct ReplyPlaces {
  /// Indices of a series and of one of its patches; no patch for the cover letter.
  struct Place {
    var series: Int
    var patch: Int?
  }

  private struct SubjectKey: Hashable {
    var title: String
    var version: Int
    var number: Int?
    var total: Int?

    init(_ mail: Mail) {
      title = mail.title
      version = mail.tags.version
      number = mail.tags.number
      total = mail.tags.total
    }
  }

  private var byID: [String: Place] = [:]
  private var bySubject: [SubjectKey: Place] = [:]
  /// What each letter answers, to get from an answer to an answer to the patch.
  private var parents: [String: [String]] = [:]

  init(_ series: [Series], _ letters: [Mail]) {
    for (index, posting) in series.enumerated() {
      if let cover = posting.cover { add(cover, Place(series: index, patch: nil)) }
      for (number, patch) in posting.patches.enumerated() {
        add(patch.mail, Place(series: index, patch: number))
      }
    }
    for letter in letters {
      if let id = letter.messageID { parents[id] = letter.ancestors }
    }
  }

  private mutating func add(_ mail: Mail, _ place: Place) {
    if let id = mail.messageID { byID[id] = byID[id] ?? place }
    let key = SubjectKey(mail)
    bySubject[key] = bySubject[key] ?? place
  }

  func place(of letter: Mail) -> Place? {
    var waiting = letter.ancestors
    var visited: Set<String> = []
    var next = 0
    while next < waiting.count {
      let id = waiting[next]
      next += 1
      guard visited.insert(id).inserted else { continue }
      if let place = byID[id] { return place }
      waiting += parents[id] ?? []
    }
    return letter.tags.isReply ? bySubject[SubjectKey(letter)] : nil
  }
}
