// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-only
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser",
  package: "swift-argument-parser"
)
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

// A target may import only targets that stand below it here; ARCHITECTURE.md says what each is for.
let rooms: [Target] = [
  .executableTarget(
    name: "twostep",
    dependencies: ["Commands", argumentParser],
    swiftSettings: strict
  ),
  .target(
    name: "Commands",
    dependencies: [
      "Suggest", "TreeScan", "Rules", "CallSites", "KernelTree", "KernelAPI", "Scenarios",
      "DMAModel", "Reporting", "SeriesCheck", "TreeExecution", "DriverCheck", "ClangFrontend",
      "GitObjects",
      "PatchSeries", "Findings", argumentParser,
    ],
    swiftSettings: strict
  ),
  .target(
    name: "Reporting",
    dependencies: ["Findings", mustache],
    resources: [
      .embedInCode("Resources/report.schema.json"),
      .embedInCode("Resources/report.mustache"),
    ],
    swiftSettings: strict
  ),
  .target(
    name: "Suggest",
    dependencies: [
      "TreeScan", "DriverCheck", "Rules", "CallSites", "ClangFrontend", "KernelTree", "KernelAPI",
      "PatchSeries", "SourceFacts", "Findings",
    ],
    resources: [.embedInCode("Resources/evidence.schema.json")],
    swiftSettings: strict,
    plugins: ["EmbedRules"]
  ),
  .plugin(
    name: "EmbedRules",
    capability: .buildTool(),
    dependencies: ["RuleEmbedder"],
    path: "Sources/EmbedRules"
  ),
  .executableTarget(name: "RuleEmbedder", swiftSettings: strict),
  .executableTarget(
    name: "SeriesBenchmark",
    dependencies: ["SeriesCheck", "GitObjects", "PatchSeries"],
    swiftSettings: strict
  ),
  .target(
    name: "SeriesCheck",
    dependencies: [
      "TreeExecution", "TreeScan", "DriverCheck", "GitObjects", "PatchSeries", "KernelTree",
      "KernelAPI", "SourceFacts", "Findings",
    ],
    swiftSettings: strict
  ),
  .executableTarget(
    name: "ExecutionBenchmark",
    dependencies: ["DriverCheck", "KernelC", "ClangFrontend", "SourceFacts"],
    swiftSettings: strict
  ),
  .target(
    name: "TreeExecution",
    dependencies: ["DriverCheck", "ClangFrontend", "KernelTree", "SourceFacts", "Findings"],
    swiftSettings: strict
  ),
  .target(
    name: "Rules",
    dependencies: ["CallSites", "KernelAPI", "SourceFacts", yams],
    swiftSettings: strict
  ),
  .target(
    name: "TreeScan",
    dependencies: [
      "CallSites", "ClangFrontend", "KernelTree", "PatchSeries", "KernelAPI", "SourceFacts",
      .product(name: "GRDB", package: "GRDB.swift"),
      .product(name: "Subprocess", package: "swift-subprocess"),
      .product(name: "SystemPackage", package: "swift-system"),
    ],
    swiftSettings: strict
  ),
  .target(name: "CallSites", dependencies: ["KernelAPI", "SourceFacts"], swiftSettings: strict),
  .target(
    name: "DriverCheck",
    dependencies: ["KernelC", "DMAModel", "KernelAPI", "SourceFacts", "Findings"],
    exclude: ["README.md"],
    swiftSettings: strict
  ),
  .target(
    name: "KernelC",
    dependencies: ["SourceFacts"],
    exclude: ["Builtins/README.md"],
    swiftSettings: strict
  ),
  .target(
    name: "ClangFrontend",
    dependencies: ["CLibClang", "SourceFacts"],
    swiftSettings: strict
  ),
  .target(
    name: "GitObjects",
    dependencies: ["CLibGit2", "PatchSeries"],
    swiftSettings: strict
  ),
  .target(
    name: "PatchSeries",
    dependencies: ["CLibGit2", "CZlib", "Findings"],
    swiftSettings: strict
  ),
  .target(name: "KernelTree", dependencies: ["KernelAPI"], swiftSettings: strict),
  .target(name: "KernelAPI", swiftSettings: strict),
  .executableTarget(
    name: "ModelBenchmark",
    dependencies: ["Scenarios", "DMAModel"],
    swiftSettings: strict
  ),
  .target(
    name: "Scenarios",
    dependencies: ["DMAModel", yams],
    exclude: ["README.md"],
    resources: [
      .embedInCode("Resources/drivers.yaml"),
      .embedInCode("Resources/edges.yaml"),
      .embedInCode("Resources/functions.yaml"),
      .embedInCode("Resources/hmm.yaml"),
      .embedInCode("Resources/iommu.yaml"),
      .embedInCode("Resources/objections.yaml"),
      .embedInCode("Resources/peer-to-peer.yaml"),
      .embedInCode("Resources/streaming.yaml"),
      .embedInCode("Resources/two-step.yaml"),
    ],
    swiftSettings: strict
  ),
  .target(name: "DMAModel", exclude: ["README.md"], swiftSettings: strict),
  .target(name: "SourceFacts", swiftSettings: strict),
  .target(name: "Findings", exclude: ["Catalogue/README.md"], swiftSettings: strict),
  .target(name: "CLibClang"),
  .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
]

let tests: [Target] = [
  .testTarget(
    name: "CommandsTests",
    dependencies: ["twostep", "Commands", "Reporting", "Findings", yams],
    swiftSettings: strict
  ),
  .testTarget(name: "TidyTests", dependencies: ["Findings"], swiftSettings: strict),
  .testTarget(
    name: "ClangFrontendTests",
    dependencies: ["ClangFrontend", "SourceFacts"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "PatchSeriesTests",
    dependencies: ["SeriesCheck", "GitObjects", "PatchSeries", "Findings"],
    exclude: ["Fixtures"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "SeriesCheckTests",
    dependencies: ["SeriesCheck", "GitObjects", "PatchSeries", "Findings"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "TreeScanTests",
    dependencies: ["KernelTree", "TreeScan"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "CallSitesTests",
    dependencies: ["Suggest", "CallSites", "ClangFrontend", "SourceFacts"],
    exclude: ["Fixtures"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "KernelCTests",
    dependencies: ["KernelC", "ClangFrontend", "SourceFacts"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "DriverCheckTests",
    dependencies: ["DriverCheck", "ClangFrontend", "SourceFacts", "Findings"],
    exclude: ["Fixtures"],
    swiftSettings: strict
  ),
  .testTarget(name: "FindingsTests", dependencies: ["Findings"], swiftSettings: strict),
  .testTarget(
    name: "ReportingTests",
    dependencies: ["Reporting", "Findings"],
    exclude: ["Goldens"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "SuggestTests",
    dependencies: ["Suggest", "Rules", "KernelTree"],
    swiftSettings: strict
  ),
  .testTarget(name: "KernelAPITests", dependencies: ["KernelAPI"], swiftSettings: strict),
  .testTarget(
    name: "KernelTreeTests",
    dependencies: ["KernelTree", "KernelAPI", "ClangFrontend"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "ScenariosTests",
    dependencies: ["Scenarios", "DMAModel"],
    swiftSettings: strict
  ),
  .testTarget(
    name: "DMAModelTests",
    dependencies: ["DMAModel", "Findings"],
    swiftSettings: strict
  ),
]

// libFuzzer brings a main of its own, so this one exists only when `make fuzz` asks for it.
let fuzzers: [Target] =
  ProcessInfo.processInfo.environment["TWOSTEP_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "FuzzMail",
      dependencies: ["PatchSeries"],
      path: "Tests/FuzzMail",
      swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
    )
  ]

let package = Package(
  name: "twostep",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "twostep", targets: ["twostep"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: rooms + tests + fuzzers,
  swiftLanguageModes: [.v6]
)
