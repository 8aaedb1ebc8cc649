// SPDX-License-Identifier: GPL-2.0-only

public import KernelTree

/// Which files are parsed as one translation unit, so that what they include is read once for all.
///
/// More than a third of what a driver's parse reads are headers that the next file of the same
/// driver reads again. Files may share a unit when they lie in one directory, have the same flags,
/// include a header of their own in common, and neither steer what headers say nor define a
/// function of the same name.
public enum UnitPlan {
  /// More save little more, and each may have to be parsed a second time on its own.
  private static let mostFiles = 8

  /// Each unit's files, as indices into `files`.
  public static func units(of files: [(job: FileJob, source: LexedSource)]) -> [[Int]] {
    var units: [[Int]] = []
    var places: [[String]: [Member]] = [:]
    for (index, file) in files.enumerated() {
      guard let member = Member(index: index, job: file.job, source: file.source) else {
        units.append([index])
        continue
      }
      places[member.place, default: []].append(member)
    }
    for members in places.values {
      var left = members[...]
      while let first = left.popFirst() {
        var unit = [first.index]
        var (headers, functions) = (first.headers, first.functions)
        while unit.count < mostFiles {
          let fitting = left.indices.filter { functions.isDisjoint(with: left[$0].functions) }
          let shared = fitting.map {
            (index: $0, count: left[$0].headers.intersection(headers).count)
          }
          guard let next = shared.max(by: { $0.count < $1.count }), next.count > 0 else { break }
          let member = left.remove(at: next.index)
          unit.append(member.index)
          headers.formUnion(member.headers)
          functions.formUnion(member.functions)
        }
        units.append(unit)
      }
    }
    return units.sorted { $0[0] < $1[0] }
  }

  /// A file that may share a unit.
  private struct Member {
    let index: Int
    /// Files of one place may share a unit: their directory, flags and precompiled header.
    let place: [String]
    /// As written between quotes; in one directory with the same flags they are the same files.
    let headers: Set<String>
    let functions: Set<String>

    init?(index: Int, job: FileJob, source: LexedSource) {
      let headers = source.includes.filter { !$0.isAngled }.map(\.path)
      guard let header = job.precompiledHeader, job.includedBy == nil, !headers.isEmpty,
        !source.hasHeadersOfItsOwn, source.defects.isEmpty,
        !job.absolutePath.contains(where: { $0 == "\"" || $0.isNewline })
      else { return nil }
      self.index = index
      self.headers = Set(headers)
      functions = Set(source.functions.map(\.name))
      let directory = job.absolutePath.split(separator: "/").dropLast().joined(separator: "/")
      place = [directory, header] + job.commonArguments + [""] + job.sharedArguments
    }
  }
}
