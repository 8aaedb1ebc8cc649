// SPDX-License-Identifier: GPL-2.0-only

internal import KernelAPI
internal import SourceFacts

/// The files that a list of pfns concerns: that of its struct, and those of its places.
struct MirrorFiles {
  private let main: SourceFile
  private let joined: JoinedText?
  /// Where the struct is; nil when it cannot be read.
  let home: SourceFile?
  private let homeBounds: Range<Int>
  /// The header with the struct; nil when a C file has it.
  private let header: String?
  private let tag: String

  init(
    _ list: StorageField,
    unit: CUnit,
    main: SourceFile,
    joined: JoinedText?,
    sources: (String) -> [UInt8]?
  ) {
    self.main = main
    self.joined = joined
    let record = unit.records[Int(list.record)]
    tag = record.name
    guard let span = record.span else {
      (home, homeBounds, header) = (nil, 0..<0, nil)
      return
    }
    if span.file == 0 {
      home = main
      homeBounds = joined?.range(at: Int(span.start)) ?? main.bytes.indices
      header = nil
    } else {
      let path = unit.files[Int(span.file)]
      home = sources(path).map { SourceFile(path: path, bytes: $0) }
      homeBounds = home?.bytes.indices ?? 0..<0
      header = path
    }
  }

  /// What of the struct other files may use, until they are among those that are seen.
  ///
  /// - Parameter members: of the struct
  func unseen(_ members: [String]) -> [UnseenName] {
    guard let header else { return [] }
    let names =
      members.map { UnseenName.member($0, of: tag, header: header) }
      + [UnseenName.allocation(of: tag)]
    return names.filter { joined?.seen.contains($0) != true }
  }

  /// The lines that include what the struct and the places need.
  ///
  /// - Parameters:
  ///   - home: where the struct is
  ///   - places: offsets in the text, and whether the place maps
  func includes(
    of rule: Rule,
    home: SourceFile,
    places: [(offset: Int, maps: Bool)]
  ) -> [SourceEdit] {
    // What declares the calls has the map; what else there is, the mapping needs.
    let calls = Set(rule.requires.compactMap { APICatalogue.function(named: $0)?.header })
    var needs: [(file: SourceFile, bounds: Range<Int>, headers: Set<String>)] = []
    func need(_ file: SourceFile, _ bounds: Range<Int>, _ headers: Set<String>) {
      if let known = needs.firstIndex(where: { $0.file.path == file.path && $0.bounds == bounds }) {
        needs[known].headers.formUnion(headers)
      } else {
        needs.append((file, bounds, headers))
      }
    }
    need(home, homeBounds, calls)
    for place in places {
      let bounds = joined?.range(at: place.offset) ?? main.bytes.indices
      need(main, bounds, place.maps ? Set(rule.headers) : calls)
    }
    var edits: [SourceEdit] = []
    for need in needs {
      for header in rule.headers where need.headers.contains(header) {
        let line = IncludeLine(header: header, file: need.file, bounds: need.bounds)
        if let edit = line.edit() { edits.append(edit) }
      }
    }
    return edits
  }
}
