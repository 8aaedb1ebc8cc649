// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import ClangFrontend
internal import Foundation
internal import KernelTree
internal import SourceFacts

/// What the parses of one file have given so far.
struct ScanState {
  /// Occurrences that no parse has accounted for yet.
  private(set) var missing: [Occurrence]
  /// Files that the parses read.
  var dependencies: Set<String> = []
  /// Whether the file as it is parses without an error after the precompiled headers.
  private(set) var fitsPrecompiledHeader = false
  /// The file, and the one that includes it, if any.
  let includers: [IncludedHeaders.Includer]
  private let job: FileJob
  private let source: [UInt8]
  private let lexed: LexedSource
  /// The source with the bodies of functions that mention no wanted name left blank.
  private let blanked: [UInt8]
  private var sites: [Int: CallSite] = [:]
  /// Sites in functions that had an error in a parse that is not the last word.
  private var provisional: [Int: CallSite] = [:]
  private var references: Set<Int> = []
  private var ownNames: Set<Int> = []
  private var diagnostics: [Diagnostic] = []
  private var tried: Set<[Condition]> = []

  /// Nil when the file cannot be read.
  init?(reading job: FileJob) {
    guard let data = FileManager.default.contents(atPath: job.absolutePath) else { return nil }
    self.job = job
    source = [UInt8](data)
    lexed = LexerOfNames.table(for: job.names).lex(source)
    blanked = lexed.blanked(source)
    missing = lexed.occurrences.filter(\.isForParser)
    let includes = lexed.includes.map { HeaderText.Include(path: $0.path, isAngled: $0.isAngled) }
    includers =
      [IncludedHeaders.Includer(path: job.absolutePath, includes: includes)]
      + (job.includedBy.map { [IncludedHeaders.Includer(readingFrom: $0)] } ?? [])
  }

  var definedMacros: Set<String> { lexed.definedMacros }
  var includes: [IncludeDirective] { lexed.includes }

  /// Whether a parse without precompiled headers may show more. It cannot when a header is not
  /// there to be found.
  var wantsAnotherTry: Bool {
    !diagnostics.contains(where: \.isMissingHeader)
      && missing.contains { provisional[$0.offset] != nil || $0.conditions.isEmpty }
  }

  /// A set of conditions, not tried before, under which something missing becomes visible.
  mutating func nextConditions() -> [Condition] {
    var chosen: [Condition] = []
    for occurrence in missing {
      let conditions = occurrence.conditions
      guard !conditions.isEmpty, !tried.contains(conditions),
        conditions.allSatisfy({ condition in
          chosen.allSatisfy { lexed.areCompatible($0, condition, in: source) }
        })
      else { continue }
      tried.insert(conditions)
      for condition in conditions where !chosen.contains(condition) { chosen.append(condition) }
    }
    return chosen
  }

  /// Whether something under these conditions is still missing.
  func hides(_ conditions: [Condition]) -> Bool {
    missing.contains { occurrence in
      !occurrence.conditions.isEmpty && occurrence.conditions.allSatisfy(conditions.contains)
    }
  }

  func text(deciding conditions: [Condition]) -> [UInt8] {
    conditions.isEmpty ? blanked : lexed.deciding(conditions, in: blanked)
  }

  mutating func note(
    unit: CUnit,
    diagnostics: [Diagnostic],
    deciding conditions: [Condition],
    inclusions: Set<String>,
    isFinal: Bool
  ) {
    self.diagnostics = diagnostics
    if conditions.isEmpty, !isFinal { fitsPrecompiledHeader = diagnostics.isEmpty }
    // No other parse mends what the file and its own headers define twice.
    let ownFiles = inclusions.union([job.absolutePath])
    let errors = diagnostics.filter {
      $0.file == job.absolutePath && !$0.isRedefinition(within: ownFiles)
    }.map(\.line)
    let damaged = unit.functions.filter { function in
      errors.contains { Int(function.span.line)...Int(function.span.endLine) ~= $0 }
    }.map(\.name)
    let analysis = SiteAnalysis(unit: unit, source: source, path: job.path)
    let found = Dictionary(
      analysis.sites().map { ($0.offset, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    let mentioned = analysis.startOffsets()
    let ownNames = analysis.ownNames()
    var left: [Occurrence] = []
    for occurrence in missing {
      if var site = found[occurrence.offset] {
        if !conditions.isEmpty, !occurrence.conditions.isEmpty {
          site.evidence = .configurationHidden(occurrence.conditions.map(\.text))
        }
        if isFinal || !damaged.contains(site.function) {
          sites[occurrence.offset] = site
        } else {
          provisional[occurrence.offset] = site
          left.append(occurrence)
        }
      } else if let function = occurrence.function,
        ownNames[lexed.functions[function].name]?.contains(occurrence.name) == true
      {
        self.ownNames.insert(occurrence.offset)
      } else if mentioned.contains(occurrence.offset) {
        references.insert(occurrence.offset)
      } else {
        left.append(occurrence)
      }
    }
    missing = left
  }

  func facts() -> FileFacts {
    let first = diagnostics.first.map { "\($0.file):\($0.line): \($0.text)" }
    var sites = sites
    var unparsed: [FileFacts.Unparsed] = []
    for occurrence in missing {
      if let site = provisional[occurrence.offset] {
        sites[occurrence.offset] = site
      } else {
        unparsed.append(
          FileFacts.Unparsed(
            offset: occurrence.offset,
            reason: first ?? "no parse sees this text as code"
          )
        )
      }
    }
    return FileFacts(
      sites: sites.values.sorted { $0.offset < $1.offset },
      references: references.sorted(),
      ownNames: ownNames.sorted(),
      unparsed: unparsed,
      errorCount: diagnostics.count,
      firstError: first,
      dependencies: dependencies.sorted()
    )
  }
}

extension Occurrence {
  /// Whether only a parse can say what it is: code inside a function.
  var isForParser: Bool {
    guard lexicalClass == .code, function != nil else { return false }
    return switch shape {
    case .call, .memberCall, .mention: true
    case .definition, .declaration, .member: false
    }
  }
}
