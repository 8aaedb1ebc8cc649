// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// One claim of the series or of its discussion, put so that runs decide it.
public struct Claim: Sendable {
  /// A sentence that is true or false of the runs of its claim.
  public struct Statement: Sendable {
    public var text: String
    var decide: @Sendable ([String: ScenarioExecution]) -> Decision

    /// Whether the runs bear the statement out, and the counts that say so.
    struct Decision: Sendable {
      var holds: Bool
      var counts: String
    }
  }

  public var number: Int
  public var text: String
  /// Names of the bundled scenarios that decide it.
  public var runs: [String]
  public var statements: [Statement]
}

extension Claim.Statement {
  /// A cost is lower in one run than in another.
  static func lower(
    _ cost: String,
    in run: String,
    than other: String,
    _ text: String
  ) -> Claim.Statement {
    Claim.Statement(text: text) { runs in
      let cheap = runs[run]?.counters.value(cost)
      let dear = runs[other]?.counters.value(cost)
      guard let cheap, let dear else { return Decision(holds: false, counts: "not run") }
      return Decision(
        holds: cheap < dear,
        counts: "\(cost): \(cheap) in `\(run)`, \(dear) in `\(other)`"
      )
    }
  }

  /// Every byte that was compared arrived, or not.
  static func arrives(_ run: String, _ expected: Bool, _ text: String) -> Claim.Statement {
    Claim.Statement(text: text) { runs in
      guard let run = runs[run], run.comparedBytes > 0 else {
        return Decision(holds: false, counts: "nothing compared")
      }
      return Decision(
        holds: run.dataArrived == expected,
        counts: "\(run.matchingBytes) of \(run.comparedBytes) bytes as they should be in "
          + "`\(run.scenario.name)`"
      )
    }
  }

  /// A promise is broken in a run, or in none of its calls.
  static func violates(_ run: String, _ id: String?, _ text: String) -> Claim.Statement {
    Claim.Statement(text: text) { runs in
      guard let run = runs[run] else { return Decision(holds: false, counts: "not run") }
      let found = run.violations.map(\.id.rawValue)
      return Decision(
        holds: id.map { found.contains($0) } ?? found.isEmpty,
        counts: "`\(run.scenario.name)` breaks "
          + (found.isEmpty
            ? "no promise"
            : Set(found).sorted().map { "`\($0)`" }.joined(separator: ", "))
      )
    }
  }
}

extension Claim {
  public static let all: [Claim] = [
    Claim(
      number: 1,
      text: "Batching: a transaction costs one IOTLB sync instead of one for each page",
      runs: [
        "vfio-migration-per-page", "vfio-migration-before", "vfio-migration-after",
        "rdma-odp-before", "rdma-odp-after", "iommu-map-separately", "iommu-map-batched",
      ],
      statements: [
        .lower(
          "iotlb_syncs",
          in: "vfio-migration-after",
          than: "vfio-migration-per-page",
          "linked pages need fewer syncs than pages mapped one by one"
        ),
        .lower(
          "iotlb_syncs",
          in: "vfio-migration-after",
          than: "vfio-migration-before",
          "linked pages need fewer syncs than an sg table, which was batched before"
        ),
        .lower(
          "iotlb_syncs",
          in: "rdma-odp-after",
          than: "rdma-odp-before",
          "on-demand paging needs fewer syncs, although each fault is a transaction of its own"
        ),
        .lower(
          "iotlb_syncs",
          in: "iommu-map-batched",
          than: "iommu-map-separately",
          "iommu_map_nosync() and one iommu_sync_map() need fewer syncs than iommu_map()"
        ),
      ]
    ),
    Claim(
      number: 2,
      text: "No array of device addresses: fewer bytes are kept for each mapped page",
      runs: [
        "rdma-odp-before", "rdma-odp-after", "vfio-migration-before", "vfio-migration-after",
      ],
      statements: [
        .lower(
          "bookkeeping_bytes",
          in: "rdma-odp-after",
          than: "rdma-odp-before",
          "on-demand paging keeps fewer bytes"
        ),
        .lower(
          "bookkeeping_bytes",
          in: "vfio-migration-after",
          than: "vfio-migration-before",
          "a migration buffer keeps fewer bytes than its sg table"
        ),
      ]
    ),
    Claim(
      number: 3,
      text: "IOVA allocation leaves the fast path of on-demand paging",
      runs: ["rdma-odp-before", "rdma-odp-after"],
      statements: [
        .lower(
          "iova_allocations",
          in: "rdma-odp-after",
          than: "rdma-odp-before",
          "64 faults make fewer allocations; the one that is left is made before the first fault"
        ),
        .lower(
          "peak_iova_bytes",
          in: "rdma-odp-after",
          than: "rdma-odp-before",
          "IOVA space is saved by it, too"
        ),
      ]
    ),
    Claim(
      number: 4,
      text: "The provider of P2P memory is looked up once for a transaction",
      runs: ["p2p-lookup-each", "p2p-lookup-list", "p2p-helpers"],
      statements: [
        .lower(
          "p2p_lookups",
          in: "p2p-helpers",
          than: "p2p-lookup-each",
          "fewer look-ups than with a list for each segment"
        ),
        .lower(
          "p2p_lookups",
          in: "p2p-helpers",
          than: "p2p-lookup-list",
          "fewer look-ups than with one list for all segments"
        ),
      ]
    ),
    Claim(
      number: 5,
      text: "dma_unmap_page() cannot tell a P2P bus address from an IOVA",
      runs: ["p2p-unmap-by-address", "p2p-unmap-by-state"],
      statements: [
        .violates(
          "p2p-unmap-by-address",
          "p2p-bus-addr-unmapped",
          "with nothing but the address, a bus address is unmapped"
        ),
        .violates("p2p-unmap-by-state", nil, "a state of the transaction needs no such guess"),
      ]
    ),
    Claim(
      number: 6,
      text: "A flag returned beside each address would do as well, at a cost to the caller",
      runs: ["p2p-unmap-by-flag", "p2p-unmap-by-state"],
      statements: [
        .violates("p2p-unmap-by-flag", nil, "with a flag, no bus address is unmapped"),
        .lower(
          "bookkeeping_bytes",
          in: "p2p-unmap-by-state",
          than: "p2p-unmap-by-flag",
          "a state is smaller than the flags and addresses, for two pages already"
        ),
      ]
    ),
    Claim(
      number: 7,
      text: "Three objections: no sync operations for non-coherent devices, none for bounced "
        + "ranges, and memory of any kind may reach a bounce buffer",
      runs: [
        "objection-no-sync-noncoherent", "objection-no-sync-noncoherent-refused",
        "objection-no-sync-bounce", "objection-no-sync-bounce-refused",
        "objection-mmio-bounce", "objection-mmio-bounce-refused",
      ],
      statements: [
        .arrives(
          "objection-no-sync-noncoherent",
          false,
          "a link on a non-coherent device that is used for long gives wrong bytes"
        ),
        .arrives(
          "objection-no-sync-noncoherent-refused",
          true,
          "hmm_dma_map_alloc() refuses the device, and the regular API with syncs works"
        ),
        .arrives(
          "objection-no-sync-bounce",
          false,
          "a bounced link on a coherent device gives wrong bytes"
        ),
        .violates(
          "objection-no-sync-bounce-refused",
          "hmm-needs-coherent",
          "a test for bounced ranges refuses to keep the address"
        ),
        .arrives(
          "objection-mmio-bounce",
          false,
          "by version 7, a part of a BAR is copied to a bounce buffer, which grows old"
        ),
        .violates(
          "objection-mmio-bounce-refused",
          "p2p-mmio-bounced",
          "a test of the memory refuses the link before it is copied"
        ),
      ]
    ),
    Claim(
      number: 8,
      text: "Memory without struct page can be mapped",
      runs: ["no-struct-page"],
      statements: [
        .arrives("no-struct-page", true, "bytes of such a BAR arrive, by a link and otherwise"),
        .violates("no-struct-page", "dma-map-invalid", "dma_map_page() cannot map it"),
      ]
    ),
    Claim(
      number: 9,
      text: "Arrays of bio_vec are mapped without a table in between",
      runs: ["bio-vec-rdma", "nvme-without-table"],
      statements: [
        .arrives("bio-vec-rdma", true, "an uneven array arrives whole"),
        .violates("bio-vec-rdma", nil, "no alignment rule is in its way"),
      ]
    ),
    Claim(
      number: 10,
      text: "Large requests need no chained sg table",
      runs: ["nvme-with-table", "nvme-without-table"],
      statements: [
        .lower(
          "bookkeeping_bytes",
          in: "nvme-without-table",
          than: "nvme-with-table",
          "a request of 128 pages keeps fewer bytes"
        ),
        .lower(
          "page_table_operations",
          in: "nvme-without-table",
          than: "nvme-with-table",
          "it needs fewer operations on the page table"
        ),
        .lower("calls", in: "nvme-without-table", than: "nvme-with-table", "it needs fewer calls"),
      ]
    ),
  ]
}
