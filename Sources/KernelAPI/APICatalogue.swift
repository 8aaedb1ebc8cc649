// SPDX-License-Identifier: GPL-2.0-only

/// The catalogue of kernel functions that twostep knows about. It is data; each family has its
/// own file under `Catalogue/`.
public enum APICatalogue {
  /// Every entry, family by family.
  public static let functions: [APIFunction] =
    streaming + allocation + device + infiniband + wrappers + legacyPCI
    + twoStep + hmm + peerToPeer + block + iommu + scatterlist

  private static let byName: [String: APIFunction] = Dictionary(
    functions.map { ($0.name, $0) },
    uniquingKeysWith: { first, _ in first }
  )

  public static func function(named name: String) -> APIFunction? {
    byName[name]
  }

  /// The entries of one family.
  public static func functions(of family: APIFamily) -> [APIFunction] {
    functions.filter { $0.family == family }
  }

  /// The function at the end of a wrapper's chain, and the arguments it is given in terms of the
  /// wrapper's own (`$0`, `$1`, …). A function that forwards to none is its own canonical form.
  public static func canonical(of function: APIFunction) -> ForwardedCall {
    var call = ForwardedCall(
      function: function.name,
      arguments: function.parameters.indices.map { "$\($0)" }
    )
    var seen: Set<String> = [function.name]
    while let next = byName[call.function]?.forwardsTo, seen.insert(next.function).inserted {
      call = next.substituting(call.arguments)
    }
    return call
  }

  /// A role's argument as the canonical call of `function` receives it, in terms of the function's
  /// own arguments; nil when the canonical function has no such parameter.
  public static func canonicalArgument(
    _ role: ArgumentRole,
    of function: APIFunction
  ) -> String? {
    let call = canonical(of: function)
    guard let target = byName[call.function], let index = target.index(of: role),
      call.arguments.indices.contains(index)
    else { return nil }
    return call.arguments[index]
  }
}

/// A header with the family its functions belong to; the rows of a catalogue file are made from
/// it, so that each states only what differs.
struct APISection {
  let family: APIFamily
  let header: String

  func entry(
    _ name: String,
    _ role: APIRole,
    of memory: MemoryKind? = nil,
    _ parameters: [ArgumentRole],
    returns result: APIResult = .none,
    as forward: (String, [String])? = nil,
    since introduced: KernelRelease? = nil,
    until removed: KernelRelease? = nil,
    in otherHeader: String? = nil
  ) -> APIFunction {
    APIFunction(
      name: name,
      family: family,
      role: role,
      memory: memory,
      parameters: parameters,
      result: result,
      header: otherHeader ?? header,
      introduced: introduced,
      removed: removed,
      forwardsTo: forward.map { ForwardedCall(function: $0.0, arguments: $0.1) }
    )
  }
}
