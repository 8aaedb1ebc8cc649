// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Scenarios
import Testing

/// The functions that a scenario can call.
@Suite struct StepTests {
  /// The API of the series and what it stands on, by the kernel's names.
  static let functions = """
    dma_map_page dma_unmap_page dma_map_single dma_unmap_single dma_map_sg dma_unmap_sg
    dma_map_sgtable dma_unmap_sgtable dma_map_resource dma_unmap_resource dma_map_phys
    dma_unmap_phys dma_sync_single_for_cpu dma_sync_single_for_device
    dma_sync_single_range_for_cpu dma_sync_single_range_for_device dma_sync_sg_for_cpu
    dma_sync_sg_for_device dma_sync_sgtable_for_cpu dma_sync_sgtable_for_device
    dma_mapping_error dma_need_sync dma_need_unmap dma_get_merge_boundary dma_max_mapping_size
    dma_addressing_limited dma_alloc_coherent dma_free_coherent
    dma_iova_try_alloc dma_iova_link dma_iova_sync dma_iova_unlink dma_iova_destroy dma_iova_free
    dma_use_iova dma_iova_size
    iommu_map_nosync iommu_sync_map iommu_map iommu_map_sg iommu_unmap iommu_unmap_fast
    iommu_iotlb_sync iommu_iova_to_phys
    pci_p2pdma_state pci_p2pdma_bus_addr_map
    hmm_range_fault hmm_dma_map_alloc hmm_dma_map_pfn hmm_dma_unmap_pfn hmm_dma_map_free
    alloc_pages_bulk
    """.split { $0 == " " || $0 == "\n" }.map(String.init)

  @Test func everyFunctionIsAStep() {
    let steps = Set(ScenarioLibrary.steps.map(\.name))
    #expect(Set(Self.functions).subtracting(steps) == [])
  }

  @Test func everyStepIsInABundledScenario() throws {
    let texts = try ScenarioLibrary.all().compactMap { ScenarioLibrary.text(named: $0.name) }
    for step in ScenarioLibrary.steps {
      #expect(texts.contains { $0.contains("- \(step.name): {") }, "\(step.name)")
    }
  }

  /// Every place that can be told to fail is reached by some bundled scenario: with a failure at
  /// its first call, the run is another than without.
  @Test(arguments: FaultPoint.allCases) func everyFaultPointIsReached(point: FaultPoint) throws {
    let scenarios = try ScenarioLibrary.all()
    let isReached = try scenarios.contains { scenario in
      let execution = try ScenarioExecution(running: scenario, faults: [Fault(point)])
      return execution.machine.struckFaults.contains(point)
    }
    #expect(isReached)
  }

  @Test func faultsAreReadFromText() throws {
    #expect(try Fault(parsing: "dma_iova_link") == Fault(.dmaIOVALink, .nth(1)))
    #expect(try Fault(parsing: "dma_iova_link:3") == Fault(.dmaIOVALink, .nth(3)))
    #expect(try Fault(parsing: "iommu_map:always") == Fault(.iommuMap, .always))
    #expect(
      try Fault(parsing: "dma_map_page:size=64K") == Fault(.dmaMapPage, .size(atLeast: 65536))
    )
    #expect(
      try Fault(parsing: "iommu_map:address=0x1000-0x2000")
        == Fault(.iommuMap, .address(in: 0x1000..<0x2000))
    )
    let wrong = [
      "", "dma_map", "dma_map_page:", "dma_map_page:0", "dma_map_page:-1", "iommu_map:size=x",
      "iommu_map:address=2-1", "iommu_map:address=1", "iommu_map:1:2",
    ]
    for text in wrong {
      #expect(throws: ExpressionError.self) { try Fault(parsing: text) }
    }
  }
}
