// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What the device has been given when the setup returns.
extension LifecycleRunner {
  /// A page of an HMM map that could not be mapped, which nobody has asked for: the device would be
  /// given an error for an address.
  func noteUntestedMirror() {
    guard let failed = host.untestedFailures.last, !host.mirrors.isEmpty,
      host.faults.contains(where: { $0.hasPrefix("hmm_dma_map_pfn ") })
    else { return }
    host.reports.append(
      DriverHost.Report(
        id: .hmmErrorUnchecked,
        message: "the result is not tested with dma_mapping_error()",
        address: 0,
        site: failed,
        conflict: nil,
        stack: [],
        dependsOnUnknown: false
      )
    )
  }

  /// The device does what it was set up for: it reads and writes all it was given.
  func useByDevice(result: UInt64?) {
    if host.faults.isEmpty, host.variation == 0 {
      kept[chosenInputs(host.plan, host.questions)] = host.mappings.count
    }
    noteMissingFallback(isRefused: false)
    // It has linked, used and undone: that it succeeds says that the device was to use it.
    if host.mappings.isEmpty, host.failedAllocation == nil, let first = host.undoneLinks.first,
      result != nil || first.id == .iovaMissingSync
    {
      host.reports.append(first)
    }
    for mapping in host.mappings {
      // Who returns an address leaves the test of it to its caller.
      host.reports += host.told(mapping).filter {
        $0.id != .dmaMappingErrorUnchecked || mapping.address != result
      }
    }
  }

  /// Where no IOVA space is to be had, which is no error but the way of machines without an IOMMU, the
  /// setup maps nothing else.
  ///
  /// Who needs one range may refuse to work without, so that this is only likely to be a mistake then.
  func noteMissingFallback(isRefused: Bool) {
    // It was made to fail, and is not false because there is nothing to map.
    guard let failed = host.failedAllocation, failed.undertakings == host.undertakings,
      host.faults.count == 1, !isRefused || host.effects == nil, lifecycle.links,
      // Who keeps nothing may well do without the device.
      (isRefused ? mostMapped : kept)[chosenInputs(host.plan, host.questions), default: 0] > 0
    else { return }
    let outcome = isRefused ? "fails" : "succeeds"
    host.reports.append(
      DriverHost.Report(
        id: .iovaMissingFallback,
        message: "dma_iova_try_alloc() is false, nothing else is mapped, and the setup \(outcome)",
        address: 0,
        site: failed.site,
        conflict: nil,
        stack: [],
        dependsOnUnknown: false,
        isWarning: isRefused
      )
    )
  }

  /// The inputs of a run that are not the ordinary ones.
  func chosenInputs(_ plan: ChoicePlan, _ questions: [ChoicePoint]) -> Set<String> {
    Set(
      plan.answers.compactMap { number, answer in
        guard questions.indices.contains(number), questions[number].kind == .input else {
          return nil
        }
        return "\(questions[number].key) \(answer)"
      }
    )
  }

  func returnsBoolean(_ function: CFunction) -> Bool {
    if case .boolean = unit[function.result].kind { true } else { false }
  }
}
