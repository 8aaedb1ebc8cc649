// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import Findings
internal import KernelAPI
internal import KernelTree
internal import TreeScan

/// What a scan says: the funnel from occurrences to verdicts, and every call.
struct ScanReport {
  let result: ScanResult
  let filter: SiteFilter
  private let sites: [CallSite]

  init(result: ScanResult, filter: SiteFilter) {
    self.result = result
    self.filter = filter
    sites = result.sites.filter(filter.shows)
  }

  func report(commandLine: [String]) -> CheckReport {
    CheckReport(
      commandLine: commandLine,
      inputs: [
        CheckReport.Input(
          role: "tree",
          path: result.tree.root,
          identity: "Linux \(result.tree.release), \(preparation)"
        )
      ],
      findings: sites.compactMap(finding),
      unchecked: unchecked,
      tables: [
        accounting, classes, reasons, directories, twoStepAPI, candidates,
        SiteTable.table(of: sites),
        unresolved, parseErrors, unusual,
      ],
      notices: notices,
      summary: summary
    )
  }

  private var preparation: String {
    switch result.tree.preparation {
    case .inPlace: "prepared in place"
    case .buildDirectory(let directory): "prepared in \(directory)"
    case .unprepared: "unprepared"
    }
  }

  // MARK: Findings

  private func finding(_ site: CallSite) -> Finding? {
    guard let classification = site.classification, classification.verdict != .keep else {
      return nil
    }
    let memory = site.arguments.first { $0.role == ArgumentRole.memory.rawValue }?.text ?? ""
    return Finding(
      id: classification.verdict == .convert ? "candidate-convert" : "candidate-manual",
      severity: .note,
      location: SourceLocation(path: site.path, line: site.line, column: site.column),
      message: "\(site.api)() \(Self.place(of: site)): \(classification.rule): "
        + classification.reason,
      related: site.unmaps.filter { $0.certainty > .possible }.map {
        Finding.Related(
          location: SourceLocation(path: site.path, line: $0.line),
          message: "unmapped in \($0.function)(), \($0.certainty.rawValue)"
        )
      },
      context: "\(site.function) \(site.api) \(memory)"
    )
  }

  private static func place(of site: CallSite) -> String {
    site.function.isEmpty ? "outside all functions" : "in \(site.function)()"
  }

  private var unchecked: [CheckReport.Unchecked] {
    var entries = result.notes.filter(\.isOmission).map {
      CheckReport.Unchecked(path: $0.path, reason: $0.message)
    }
    for account in result.accounts {
      guard let failure = account.failure else { continue }
      entries.append(
        CheckReport.Unchecked(
          path: account.path,
          reason: failure,
          remedy: "its calls are listed as the lexer sees them; try --parse-timeout"
        )
      )
    }
    let sum = result.counts.values.reduce(0, +)
    if sum != result.occurrences {
      entries.append(
        CheckReport.Unchecked(
          path: result.tree.root,
          reason: "\(result.occurrences) occurrences were found but \(sum) accounted for",
          remedy: "this is a defect of twostep; please report it"
        )
      )
    }
    return entries
  }

  // MARK: Tables

  private var accounting: CheckReport.Table {
    let counts = result.counts
    return CheckReport.Table(
      name: "accounting",
      title: "Every occurrence of a catalogued name, by what it is",
      columns: ["class", "occurrences"],
      rows: OccurrenceClass.allCases.compactMap { kind in
        counts[kind].map { [.text(kind.rawValue), .count($0)] }
      } + [["sum", .count(result.occurrences)]]
    )
  }

  private var classes: CheckReport.Table {
    var counts: [SiteClass: [Verdict: Int]] = [:]
    for site in sites {
      guard let classification = site.classification else { continue }
      counts[classification.siteClass, default: [:]][classification.verdict, default: 0] += 1
    }
    return CheckReport.Table(
      name: "classes",
      title: "Mapping calls by class and verdict",
      columns: ["class"] + Verdict.allCases.map(\.rawValue) + ["sum"],
      rows: SiteClass.allCases.compactMap { siteClass in
        guard let verdicts = counts[siteClass] else { return nil }
        return [.text(siteClass.rawValue)]
          + Verdict.allCases.map { .count(verdicts[$0] ?? 0) }
          + [.count(verdicts.values.reduce(0, +))]
      }
    )
  }

  private var reasons: CheckReport.Table {
    var counts: [String: (classification: CallSite.Classification, count: Int)] = [:]
    for case let classification? in sites.map(\.classification) {
      counts[classification.rule, default: (classification, 0)].count += 1
    }
    return CheckReport.Table(
      name: "reasons",
      title: "Mapping calls by the rule that speaks of them",
      columns: ["rule", "class", "verdict", "calls"],
      rows: counts.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map {
        rule,
        entry in
        [
          .text(rule), .text(entry.classification.siteClass.rawValue),
          .text(entry.classification.verdict.rawValue), .count(entry.count),
        ]
      }
    )
  }

  private var directories: CheckReport.Table {
    var rows: [String: (occurrences: Int, calls: Int, maps: [Verdict: Int])] = [:]
    for account in result.accounts {
      let directory = Self.directory(of: account.path)
      var row = rows[directory] ?? (0, 0, [:])
      row.occurrences += account.occurrences.count
      row.calls += account.occurrences.count { $0.occurrenceClass == .call }
      for site in account.sites where filter.shows(site) {
        if let verdict = site.classification?.verdict { row.maps[verdict, default: 0] += 1 }
      }
      rows[directory] = row
    }
    return CheckReport.Table(
      name: "directories",
      title: "The funnel by directory",
      columns: ["directory", "occurrences", "calls", "maps"] + Verdict.allCases.map(\.rawValue),
      rows: rows.sorted { ($1.value.occurrences, $0.key) < ($0.value.occurrences, $1.key) }
        .map { directory, row in
          [
            .text(directory), .count(row.occurrences), .count(row.calls),
            .count(row.maps.values.reduce(0, +)),
          ] + Verdict.allCases.map { .count(row.maps[$0] ?? 0) }
        }
    )
  }

  /// `drivers/net` of a driver, `mm` of anything else.
  private static func directory(of path: String) -> String {
    let parts = path.split(separator: "/")
    let depth = parts.first == "drivers" || parts.first == "arch" ? 2 : 1
    return parts.dropLast().prefix(depth).joined(separator: "/")
  }

  private var candidates: CheckReport.Table {
    CheckReport.Table(
      name: "candidates",
      title: "Calls to convert",
      columns: ["place", "function", "api", "rule", "reason"],
      rows: sites.compactMap { site in
        guard let classification = site.classification, classification.verdict == .convert else {
          return nil
        }
        return [
          .text("\(site.path):\(site.line)"), .text(site.function), .text(site.api),
          .text(classification.rule), .text(classification.reason),
        ]
      }
    )
  }

  /// Which functions of the two-step API the tree declares.
  private var twoStepFunctions: [(function: APIFunction, isInTree: Bool)] {
    var declared: Set<String> = []
    for account in result.accounts {
      for occurrence in account.occurrences {
        switch occurrence.occurrenceClass {
        case .declaration, .definition: declared.insert(occurrence.occurrence.name)
        case .macroBody where occurrence.occurrence.lexicalClass == .macroName:
          declared.insert(occurrence.occurrence.name)
        default: break
        }
      }
    }
    let families: Set<APIFamily> = [.twoStep, .hmm, .peerToPeer, .block]
    let wanted = Set(filter.names)
    return APICatalogue.functions.filter {
      families.contains($0.family) && $0.introduced != nil && wanted.contains($0.name)
    }.map { ($0, declared.contains($0.name)) }
  }

  private var twoStepAPI: CheckReport.Table {
    CheckReport.Table(
      name: "two-step-api",
      title: "The two-step API in this tree",
      columns: ["function", "introduced", "inTree"],
      rows: twoStepFunctions.map { function, isInTree in
        [
          .text(function.name), CheckReport.Cell(function.introduced.map { "\($0)" }),
          .flag(isInTree),
        ]
      },
      isForReaders: false
    )
  }

  /// Occurrences that no parse reached, one by one.
  private var unresolved: CheckReport.Table {
    CheckReport.Table(
      name: "unresolved",
      title: "Occurrences that only the lexer saw",
      columns: ["path", "line", "name", "class", "reason"],
      rows: result.accounts.flatMap { account in
        account.occurrences.compactMap { entry -> [CheckReport.Cell]? in
          guard let reason = entry.reason else { return nil }
          return [
            .text(account.path), .count(entry.occurrence.line), .text(entry.occurrence.name),
            .text(entry.occurrenceClass.rawValue), .text(withoutRoot(reason)),
          ]
        }
      },
      isForReaders: false
    )
  }

  private var damaged: [FileAccount] { result.accounts.filter { $0.errorCount > 0 } }

  /// What the compiler could not make sense of. A call in a function without an error of its own
  /// is as exact as any.
  private var parseErrors: CheckReport.Table {
    CheckReport.Table(
      name: "parse-errors",
      title: "Files parsed with errors",
      columns: ["path", "errors", "first"],
      rows: damaged.map {
        [.text($0.path), .count($0.errorCount), .text(withoutRoot($0.firstError ?? ""))]
      },
      isForReaders: false
    )
  }

  /// A message of the compiler with paths as the rest of the report has them.
  private func withoutRoot(_ message: String) -> String {
    message.replacing("\(result.tree.root)/", with: "")
  }

  /// Files that were searched although something about them is odd.
  private var unusual: CheckReport.Table {
    CheckReport.Table(
      name: "unusual",
      title: "Files with text that is unusual",
      columns: ["path", "remark"],
      rows: remarks.map { [.text($0.path), .text($0.message)] },
      isForReaders: false
    )
  }

  private var remarks: [TreeNote] { result.notes.filter { !$0.isOmission } }

  // MARK: Words

  private var notices: [String] {
    var notices: [String] = []
    if case .unprepared = result.tree.preparation {
      notices.append(
        "the tree is unprepared: headers of our own stand in for the generated ones; "
          + "run make prepare, or pass --build, for exact results"
      )
    }
    // With headers that only stand in, it is worth saying that no file suffered.
    if damaged.isEmpty, !notices.isEmpty {
      notices.append("no file parsed with errors")
    } else if !damaged.isEmpty {
      notices.append("\(damaged.count) files parsed with errors (see the JSON report)")
    }
    if !remarks.isEmpty {
      notices.append("\(remarks.count) files have text that is unusual (see the JSON report)")
    }
    let unseen = filter.unseenRoles.map(\.rawValue)
    if !unseen.isEmpty, result.sites.contains(where: { $0.classification != nil }) {
      notices.append(
        "verdicts are made without the calls that --api leaves out ("
          + unseen.joined(separator: ", ") + "): some may be other ones in a scan of all names"
      )
    }
    if let error = result.cacheError { notices.append(error) }
    return notices
  }

  private var summary: [String] {
    let counts = result.counts
    let hidden = sites.count {
      if case .configurationHidden = $0.evidence { true } else { false }
    }
    let lexical = sites.count { if case .lexical = $0.evidence { true } else { false } }
    let verdicts = Verdict.allCases.map { verdict in
      "\(sites.count { $0.classification?.verdict == verdict }) \(verdict.rawValue)"
    }
    let maps = sites.count { $0.classification != nil }
    var lines = [
      "\(result.files) files searched, \(result.occurrences) occurrences, "
        + "\(counts[.call] ?? 0) calls (\(hidden) config-hidden, \(lexical) more by the lexer only)",
      "\(maps) mapping calls: \(verdicts.joined(separator: ", "))",
      "\(result.parsedFiles) files parsed, \(result.cachedFiles) from the cache",
    ]
    if !twoStepFunctions.isEmpty {
      lines.insert(
        "\(twoStepFunctions.count(where: \.isInTree)) of \(twoStepFunctions.count) functions of "
          + "the two-step API are declared in what was searched",
        at: 2
      )
    }
    return lines
  }
}
