// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// RDMA's on-demand paging before and after patches 12 and 13 of the seventh posting, which
/// rules/hmm-mirror stands beside: its own C is executed, the same pages are faulted in, put into the
/// device's table and invalidated.
@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: RealTree.source + "-allmodconfig"),
    "the kernel tree of make test-kernel"
  )
)
struct RealTreePagingTests {
  private static let mailbox = ["..", "../.."].map { "\($0)/shared/mail/two-step-v7.mbox" }
    .first { FileManager.default.fileExists(atPath: $0) }
  private static let user = "drivers/infiniband/hw/mlx5/odp.c"

  /// The rule says why it leaves the mapping alone.
  @Test func realTreeOnDemandPagingIsLeftAloneForItsIndices() throws {
    let outcome = try Program.run(arguments: [
      "suggest", RealTree.source, "drivers/infiniband/core/umem_odp.c", "--assume-api",
      "--build", RealTree.source + "-allmodconfig", "--cache", "none", "--rule", "hmm-mirror",
      "--format", "json",
    ])
    let end = try SuggestTests.end(outcome)
    #expect(
      end == "line 450 has the pfn in range.hmm_pfns[pfn_index], its address is in "
        + "umem_odp->dma_list[dma_index]: hmm_dma_map_pfn() has one index for both; "
        + "maps 1 << umem_odp->page_shift, not PAGE_SIZE",
      "\(outcome.errors)"
    )
  }

  @Test(.enabled(if: mailbox != nil, "the mailbox of the seventh posting is not here"))
  func realTreeOnDemandPagingDoesAsBeforeForPagesOfOneSizeOnly() throws {
    let copy = try Copy(mailbox: try #require(Self.mailbox))
    try copy.patch(upTo: 11)
    let addresses = try copy.entries(shift: 12, count: 3)
    let huge = try copy.entries(shift: 21, count: 2)
    let second = try copy.entries(shift: 21, count: 2, first: 1)
    #expect(addresses.count == 3 && huge.count == 2 && second.count == 1)
    #expect(try copy.findings(shift: 12) == [] && copy.findings(shift: 21) == [])
    let calls = try copy.calls(shift: 12, count: 3)
    #expect(calls == ["dma_map_page_attrs": 3, "dma_unmap_page_attrs": 3])

    // The flags are looked up by the number of the address, where those of another page are.
    try copy.patch(upTo: 12)
    #expect(try copy.entries(shift: 12, count: 3) == addresses)
    #expect(try copy.entries(shift: 21, count: 2) == huge)
    #expect(try copy.entries(shift: 21, count: 2, first: 1) == [])
    #expect(try copy.findings(shift: 12) == [] && copy.findings(shift: 21) == [])

    // So is the page that is mapped: the second of the first huge one. Its order, 9, has the bit of
    // HMM_PFN_P2PDMA, by which it is unlinked with another attribute than it was linked with.
    try copy.patch(upTo: 13)
    #expect(try copy.entries(shift: 12, count: 3) == addresses)
    #expect(try copy.entries(shift: 21, count: 2) == [huge[0], huge[0] + 4096])
    #expect(try copy.entries(shift: 21, count: 2, first: 1) == [])
    #expect(try copy.findings(shift: 12) == [])
    #expect(try copy.findings(shift: 21) == ["dma-overlap", "iova-unlink-mismatch"])
    let links = try copy.calls(shift: 12, count: 3)
    #expect(
      links == [
        "dma_iova_try_alloc": 1, "dma_iova_link": 3, "dma_iova_unlink": 3, "dma_iova_free": 1,
      ]
    )
  }

  /// What rule mirror-range writes over the state before patches 12 and 13: the device's table has what
  /// it had, for pages and for huge ones, and the calls are those of patch 13.
  @Test(.enabled(if: mailbox != nil, "the mailbox of the seventh posting is not here"))
  func realTreeOnDemandPagingGetsOneRangeForPagesOfAnySize() throws {
    let copy = try Copy(mailbox: try #require(Self.mailbox))
    try copy.patch(upTo: 11)
    let addresses = try copy.entries(shift: 12, count: 3)
    let huge = try copy.entries(shift: 21, count: 2)
    let second = try copy.entries(shift: 21, count: 2, first: 1)
    #expect(addresses.count == 3 && huge.count == 2 && second.count == 1)

    try copy.convert()
    #expect(try copy.entries(shift: 12, count: 3) == addresses)
    #expect(try copy.entries(shift: 21, count: 2) == huge)
    #expect(try copy.entries(shift: 21, count: 2, first: 1) == second)
    #expect(try copy.findings(shift: 12) == [] && copy.findings(shift: 21) == [])
    for (shift, count) in [(12, 3), (21, 2)] {
      let links = try copy.calls(shift: shift, count: count)
      #expect(
        links == [
          "dma_iova_try_alloc": 1, "dma_iova_link": count, "dma_iova_unlink": count,
          "dma_iova_free": 1,
        ]
      )
    }
  }

  /// The parts of the tree that the patches change, and links to the rest.
  private struct Copy {
    let home: TemporaryDirectory
    private let tree: String
    private let user = RealTreePagingTests.user

    init(mailbox: String) throws {
      home = try TemporaryDirectory()
      tree = home.file("tree")
      let mails = URL(filePath: mailbox).standardizedFileURL.path
      try shell(
        """
        mkdir -p tree/drivers mails
        for entry in '\(RealTree.source)'/*; do
          [ ${entry##*/} = drivers ] || ln -s $entry tree/
        done
        ln -s '\(RealTree.source)'/drivers/* tree/drivers/
        for part in include mm drivers/infiniband; do
          rm tree/$part
          cp -as '\(RealTree.source)'/$part tree/$part
        done
        git mailsplit -omails '\(mails)'
        """
      )
    }

    private func shell(_ script: String) throws {
      let outcome = try Program.shell(script, in: home.path)
      #expect(outcome.status == 0, "\(outcome.output)")
    }

    /// Applies the patches that are not applied yet. The first mail is the cover letter; 6.12 has a
    /// flag that the posting does not expect.
    func patch(upTo last: Int) throws {
      try shell(
        """
        cd tree
        [ ! -e clean.c ] || mv clean.c \(user)
        for number in $(seq 1 \(last)); do
          [ ! -e ../applied-$number ] || continue
          mail=../mails/$(printf %04d $((number + 1)))
          awk '/^diff --git /{keep = $3 ~ "^a/(include|mm|drivers/infiniband)/"}
            /^-- $/{keep = 0} keep' $mail >part.diff
          for file in $(sed -n 's,^+++ b/,,p' part.diff); do
            [ ! -L $file ] || cp --remove-destination $(readlink $file) $file
            [ $file != drivers/infiniband/core/umem_odp.c ] ||
              sed -i -z 's/,[[:space:]]*GFP_KERNEL | __GFP_NOWARN)/, GFP_KERNEL)/g' $file
          done
          [ ! -s part.diff ] || patch -s -p1 -F3 <part.diff
          touch ../applied-$number
        done
        [ ! -L \(user) ] || cp --remove-destination $(readlink \(user)) \(user)
        cp \(user) clean.c
        """
      )
    }

    /// Applies what the rule proposes, which `validate` has nothing against.
    func convert() throws {
      let core = "drivers/infiniband/core/umem_odp.c"
      try shell(
        """
        cd tree
        for file in \(core) include/rdma/ib_umem_odp.h; do
          [ ! -L $file ] || cp --remove-destination $(readlink $file) $file
        done
        """
      )
      let build = RealTree.source + "-allmodconfig"
      let suggested = try Program.run(
        arguments: [
          "suggest", tree, core, "--rule", "mirror-range", "--build", build, "--cache", "none",
          "-o", home.file("out"),
        ],
        environment: try SuggestTests.environment(home)
      )
      #expect(suggested.status == 0, "\(suggested.output) \(suggested.errors)")
      let folder = home.file("out/RDMA-core")
      let patches = try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasPrefix("0001-") }.map { "\(folder)/\($0)" }
      try #require(patches.count == 1)
      #expect(try Program.text(patches[0]).contains("pairs of runs on 7 devices"))
      let validated = try Program.run(
        arguments: [
          "validate", patches[0], "--base", tree, "--build", build, "--fail-on", "note",
        ]
      )
      #expect(validated.status == 0, "\(validated.output) \(validated.errors)")
      try shell("cd tree && git apply '\(patches[0])'")
    }

    private struct Report: Decodable {
      struct Finding: Decodable { var id: String }
      struct Table: Decodable { var rows: [Row] }
      struct Row: Decodable { var call: String? }
      var findings: [Finding]
      var tables: [String: Table]
      var unchecked: [Unchecked]
      struct Unchecked: Decodable { var reason: String }
    }

    /// - Parameters:
    ///   - shift: of the size of a page of the region
    ///   - isLinked: whether the mirror's functions are executed as mm/hmm.c has them
    private func check(
      _ options: [String],
      shift: Int,
      count: Int,
      first: Int = 0,
      isLinked: Bool = false
    ) throws -> Report {
      let names = ["hmm_dma_map_alloc", "hmm_dma_map_free", "hmm_dma_map_pfn", "hmm_dma_unmap_pfn"]
      var text = isLinked ? names.map { "#define \($0) own_\($0)\n" }.joined() : ""
      text += "#include <linux/hmm.h>\n" + (try Program.text("\(tree)/clean.c"))
      if isLinked, text.contains("hmm-dma.h") {
        text +=
          "#define hmm_range_fault own_fault\n#include \"../../../../mm/hmm.c\"\n"
          + "#undef hmm_range_fault\n"
      }
      text += """

        #define PAGING_SHIFT \(shift)
        #define PAGING_COUNT \(count)
        #define PAGING_FIRST \(first)

        """
      text += RealTreePagingTests.driver
      try Data(text.utf8).write(to: URL(filePath: "\(tree)/\(user)"))
      let outcome = try Program.run(
        arguments: [
          "check", tree, user, "--build", RealTree.source + "-allmodconfig", "--format", "json",
          "--setup", "paging_get", "--teardown", "paging_put",
        ] + options
      )
      return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    private func replay(
      on device: String,
      shift: Int,
      count: Int,
      first: Int = 0,
      isLinked: Bool = false
    ) throws -> [String] {
      let options = ["--replay", "setup=paging_get;teardown=paging_put;device=\(device)"]
      let report = try check(options, shift: shift, count: count, first: first, isLinked: isLinked)
      let rows = report.tables["run"]?.rows.compactMap(\.call) ?? []
      #expect(rows.last == "paging_put returns", "\(rows) \(report.unchecked)")
      return rows
    }

    /// What the device's table gets, without the bits of access. Without an IOMMU an address is a
    /// physical one.
    func entries(shift: Int, count: Int, first: Int = 0) throws -> [UInt64] {
      try replay(on: "direct mapping", shift: shift, count: count, first: first).compactMap { row in
        guard let match = row.firstMatch(of: /__builtin_bswap64\(0x([0-9a-f]+)\)/) else {
          return nil
        }
        return UInt64(match.1, radix: 16).map { $0 & ~0xfff }
      }
    }

    /// How often functions of the DMA API are called behind an IOMMU.
    func calls(shift: Int, count: Int) throws -> [String: Int] {
      let rows = try replay(
        on: "IOMMU, 4 KiB granule",
        shift: shift,
        count: count,
        isLinked: true
      )
      var counts: [String: Int] = [:]
      var last: String?
      for row in rows {
        if let more = row.firstMatch(of: /\((\d+) more times?\)/) {
          if let last { counts[last, default: 0] += Int(more.1) ?? 0 }
          continue
        }
        last = row.firstMatch(of: /^ *(dma_(?:map|unmap|iova)_\w+)\(/).map { String($0.1) }
        if let last { counts[last, default: 0] += 1 }
      }
      return counts
    }

    /// On all devices, with all single faults.
    func findings(shift: Int) throws -> [String] {
      let report = try check(["--single-faults"], shift: shift, count: 2)
      #expect(report.unchecked.isEmpty, "\(report.unchecked)")
      return Set(report.findings.map(\.id)).sorted()
    }
  }

  /// Faults pages in one by one, as a device's page faults do, and gives them back. A process and its
  /// memory are not what is looked at: macros stand for them.
  private static let driver = """
    static struct page *paging_memory;

    static int paging_fault(struct hmm_range *range)
    {
    \tunsigned long start = (range->start >> PAGE_SHIFT) - 0x100000;
    \tunsigned long i;

    \tfor (i = 0; i < (range->end - range->start) >> PAGE_SHIFT; i++) {
    \t\tunsigned long kept = range->hmm_pfns[i] & HMM_PFN_DMA_MAPPED;

    \t\trange->hmm_pfns[i] = page_to_pfn(paging_memory) + start + i;
    \t\trange->hmm_pfns[i] |= HMM_PFN_VALID | HMM_PFN_WRITE | kept;
    \t\trange->hmm_pfns[i] |= (PAGING_SHIFT - 12UL) << HMM_PFN_ORDER_SHIFT;
    \t}
    \treturn 0;
    }

    #undef hmm_range_fault
    #undef mmap_read_lock
    #define hmm_range_fault paging_fault
    #define mmap_read_lock(mm) do { } while (0)
    #define mmap_read_unlock(mm) do { } while (0)
    #define get_pid_task(pid, type) ((struct task_struct *)paging_memory)
    #define put_task_struct(task) do { } while (0)
    #define mmget_not_zero(mm) 1
    #define mmput(mm) do { } while (0)
    #define put_pid(pid) do { } while (0)
    #define mmu_interval_read_begin(notifier) 2
    #define mmu_interval_read_retry(notifier, sequence) 0
    #define mmu_interval_notifier_insert(n, mm, first, size, ops) \\
    \t((n)->interval_tree.start = (first), (n)->interval_tree.last = (first) + (size) - 1, 0)
    #define mmu_interval_notifier_remove(notifier) do { } while (0)

    #include "../../core/umem_odp.c"

    #ifdef ODP_WRITE_ALLOWED_BIT
    #define PAGING_ACCESS (ODP_READ_ALLOWED_BIT | ODP_WRITE_ALLOWED_BIT)
    #else
    #define PAGING_ACCESS HMM_PFN_WRITE
    #endif
    #define PAGING_ORDER (PAGING_SHIFT - 12 + 2 - (PAGING_SHIFT > 12))

    struct paging {
    \tstruct ib_device ibdev;
    \tstruct ib_umem_odp *odp;
    \tstruct mlx5_ib_mr mr;
    \t__be64 table[PAGING_COUNT];
    };

    int paging_get(struct paging *p, struct device *dev)
    {
    \tstruct ib_umem_odp *odp;
    \tint ret, i;

    \tpaging_memory = alloc_pages(GFP_KERNEL, PAGING_ORDER);
    \tif (!paging_memory)
    \t\treturn -ENOMEM;
    \tret = -ENOMEM;
    \todp = kzalloc(sizeof(*odp), GFP_KERNEL);
    \tif (!odp)
    \t\tgoto out_pages;
    \tp->ibdev.dma_device = dev;
    #ifdef CONFIG_DMA_NEED_SYNC
    \tdev->dma_skip_sync = true;
    #endif
    \todp->umem.ibdev = &p->ibdev;
    \todp->umem.address = 0x100000UL << PAGE_SHIFT;
    \todp->umem.length = (unsigned long)PAGING_COUNT << PAGING_SHIFT;
    \todp->umem.writable = 1;
    \todp->page_shift = PAGING_SHIFT;
    \tp->odp = odp;
    \tp->mr.umem = &odp->umem;
    \tret = ib_init_umem_odp(odp, NULL);
    \tif (ret)
    \t\tgoto out_odp;
    \tfor (i = PAGING_FIRST; i < PAGING_COUNT; i++) {
    \t\tret = ib_umem_odp_map_dma_and_lock(odp,
    \t\t\t\t\t\t   ib_umem_start(odp) + ((u64)i << PAGING_SHIFT),
    \t\t\t\t\t\t   1UL << PAGING_SHIFT, PAGING_ACCESS, true);
    \t\tif (ret < 0)
    \t\t\tgoto out_release;
    \t\tmlx5_odp_populate_xlt(&p->table[i], i, 1, &p->mr, 0);
    \t\tmutex_unlock(&odp->umem_mutex);
    \t}
    \treturn 0;

    out_release:
    \tib_umem_odp_release(odp);
    \tgoto out_pages;
    out_odp:
    \tkfree(odp);
    out_pages:
    \t__free_pages(paging_memory, PAGING_ORDER);
    \treturn ret;
    }

    void paging_put(struct paging *p)
    {
    \tib_umem_odp_unmap_dma_pages(p->odp, ib_umem_start(p->odp), ib_umem_end(p->odp));
    \tib_umem_odp_release(p->odp);
    \t__free_pages(paging_memory, PAGING_ORDER);
    }

    """
}
