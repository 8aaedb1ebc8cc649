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
  /// What was found for the letters on the way; nil for one that answers no patch.
  private var resolved: [String: Place?] = [:]

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

  /// The nearest patch or cover letter that the letter answers, directly or through other letters.
  mutating func place(of letter: Mail) -> Place? {
    // A walk in depth, with a stack of its own: a thread may be thousands of answers deep.
    var open: [(id: String?, ancestors: [String])] = [(nil, letter.ancestors.reversed())]
    var found: Place?
    while var top = open.popLast() {
      while found == nil, let id = top.ancestors.popLast() {
        if let known = resolved[id] {
          found = known
        } else if let place = byID[id] {
          found = place
        } else if let further = parents[id] {
          // Until more is known, an answer to itself answers nothing.
          resolved[id] = .some(nil)
          open.append(top)
          top = (id, further.reversed())
        }
      }
      if let id = top.id { resolved[id] = .some(found) }
    }
    return found ?? (letter.tags.isReply ? bySubject[SubjectKey(letter)] : nil)
  }
}
