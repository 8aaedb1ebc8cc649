// SPDX-License-Identifier: GPL-2.0-only
import Foundation
import KernelAPI
import Testing

struct APICatalogueTests {
  @Test func everyNameIsEnteredOnce() {
    let names = APICatalogue.functions.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(APICatalogue.function(named: "dma_map_page")?.role == .map)
    #expect(APICatalogue.function(named: "kmalloc") == nil)
  }

  @Test(arguments: APICatalogue.functions)
  func aForwardedCallFitsItsTarget(function: APIFunction) throws {
    guard let forward = function.forwardsTo else { return }
    let target = try #require(APICatalogue.function(named: forward.function))
    #expect(forward.arguments.count == target.parameters.count)
    let given = try #require(
      forward.arguments.joined(separator: " ")
        .matches(of: /\$(\d+)/).compactMap { Int($0.1) }.max()
    )
    #expect(given < function.parameters.count)
  }

  @Test(arguments: APICatalogue.functions)
  func aMappingSaysWhatItMapsAndWhere(function: APIFunction) throws {
    switch function.role {
    case .map:
      #expect(function.memory != nil)
      #expect(function.result != .none)
    case .unmap, .syncForCPU, .syncForDevice:
      #expect(function.memory != nil)
      #expect(function.result == .none)
    default: break
    }
    if let introduced = function.introduced, let removed = function.removed {
      #expect(introduced < removed)
    }
  }

  @Test func wrappersResolveThroughSeveralSteps() throws {
    let single = try #require(APICatalogue.function(named: "ib_dma_map_single"))
    #expect(
      APICatalogue.canonical(of: single)
        == ForwardedCall(
          function: "dma_map_single_attrs",
          arguments: ["$0->dma_device", "$1", "$2", "$3", "0"]
        )
    )
    let fragment = try #require(APICatalogue.function(named: "skb_frag_dma_map"))
    #expect(APICatalogue.canonical(of: fragment).function == "dma_map_page_attrs")
    #expect(APICatalogue.canonicalArgument(.memory, of: fragment) == "skb_frag_page($1)")
    #expect(APICatalogue.canonicalArgument(.offset, of: fragment) == "skb_frag_off($1) + $2")
    #expect(APICatalogue.canonicalArgument(.attrs, of: fragment) == "0")
    let scsi = try #require(APICatalogue.function(named: "scsi_dma_map"))
    #expect(APICatalogue.canonicalArgument(.direction, of: scsi) == "$0->sc_data_direction")
    let map = try #require(APICatalogue.function(named: "dma_map_sgtable"))
    #expect(APICatalogue.canonical(of: map).arguments == ["$0", "$1", "$2", "$3"])
    #expect(APICatalogue.canonicalArgument(.iova, of: map) == nil)
  }

  @Test(arguments: [
    ("$0->dev", ["priv"], "priv->dev"),
    ("$0->dev", ["&adapter->host"], "(&adapter->host)->dev"),
    ("$0->dev", ["ring[i + 1].owner"], "ring[i + 1].owner->dev"),
    ("$0->dev", ["to_owner(a, b)"], "to_owner(a, b)->dev"),
    ("$0->dev", ["(struct x *)p"], "((struct x *)p)->dev"),
    ("f($0)", ["a ? b : c"], "f(a ? b : c)"),
    ("$0", ["a ? b : c"], "a ? b : c"),
    ("$0 + $1", ["base", "n * 4"], "base + (n * 4)"),
    ("$0 + $1", ["a->b", "-1"], "a->b + (-1)"),
    ("$3 ? A : B", ["x"], "$3 ? A : B"),
    ("cost $ 5", ["x"], "cost $ 5"),
  ])
  func argumentsArePutIntoATemplateWithoutChangingItsMeaning(
    template: String,
    arguments: [String],
    expected: String
  ) {
    let call = ForwardedCall(function: "f", arguments: [template])
    #expect(call.substituting(arguments).arguments == [expected])
  }

  @Test func theTwoStepFunctionsArriveWithTheirRelease() {
    let v612 = KernelRelease(6, 12, 117)
    let v616 = KernelRelease(6, 16)
    for function in APICatalogue.functions(of: .twoStep) {
      #expect(!function.exists(in: v612))
      #expect(function.exists(in: v616))
    }
    let segment = APICatalogue.function(named: "pci_p2pdma_map_segment")
    #expect(segment?.exists(in: v612) == true)
    #expect(segment?.exists(in: v616) == false)
    #expect(APICatalogue.function(named: "pci_map_sg")?.exists(in: v612) == false)
  }

  @Test func releasesOrderByNumber() {
    #expect(KernelRelease(6, 9) < KernelRelease(6, 12))
    #expect(KernelRelease(6, 12) < KernelRelease(6, 12, 1))
    #expect(KernelRelease(6, 12, 117).description == "6.12.117")
    #expect(KernelRelease(6, 12, extra: "-rc3").description == "6.12-rc3")
    #expect(KernelRelease(2, 6, 0).description == "2.6.0")
  }
}

/// The catalogue against the headers of a real Linux 6.12.
@Suite(.enabled(if: kernelTreeIsPresent, "no kernel tree in ~/.cache/twostep/trees"))
struct RealTreeHeaderTests {
  private static let release = KernelRelease(6, 12)

  @Test(arguments: APICatalogue.functions.filter { $0.exists(in: release) })
  func anEntryIsDeclaredInItsHeaderWithAsManyParameters(function: APIFunction) throws {
    let text = try headerText(function.header)
    let counts = parameterCounts(of: function.name, in: text)
    #expect(
      counts.contains(function.parameters.count),
      "\(function.name) in \(function.header) has \(counts) parameters"
    )
  }

  @Test(arguments: APICatalogue.functions.filter { !$0.exists(in: release) })
  func anEntryOfAnotherReleaseIsNotDeclared(function: APIFunction) throws {
    guard let text = try? headerText(function.header) else { return }
    #expect(parameterCounts(of: function.name, in: text).isEmpty)
  }

  private func headerText(_ header: String) throws -> String {
    let path = kernelTree.appending(path: "include/\(header)")
    return String(decoding: try Data(contentsOf: path), as: UTF8.self)
      .replacing(/\/\*(?s:.*?)\*\//, with: " ")
      .replacing("\\\n", with: " ")
  }

  /// How many parameters each `name(…)` in a header has.
  private func parameterCounts(of name: String, in text: String) -> Set<Int> {
    var counts: Set<Int> = []
    for start in text.ranges(of: name) {
      if let before = text[..<start.lowerBound].last, before.isLetter || before == "_" { continue }
      let rest = text[start.upperBound...].drop(while: \.isWhitespace)
      guard rest.first == "(" else { continue }
      var depth = 0
      var commas = 0
      for character in rest {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        if character == ",", depth == 1 { commas += 1 }
        if depth == 0 { break }
      }
      counts.insert(commas + 1)
    }
    return counts
  }
}

private let kernelTree = URL.homeDirectory.appending(path: ".cache/twostep/trees/linux-6.12")
private let kernelTreeIsPresent = FileManager.default.fileExists(
  atPath: kernelTree.appending(path: "include/linux/dma-mapping.h").path
)
