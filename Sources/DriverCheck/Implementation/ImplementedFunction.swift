// SPDX-License-Identifier: GPL-2.0-only

internal import KernelAPI
internal import SourceFacts

/// A function of a file that is a part of the DMA API itself, or stands directly behind one.
struct ImplementedFunction {
  enum Layer {
    /// The function that drivers call.
    case interface
    /// `iommu_dma_…`: what it does for a device behind an IOMMU.
    case translated
    /// `dma_direct_…`: what it does for a device without one.
    case direct
  }

  var function: CFunction
  /// What the catalogue says of the function that drivers call.
  var api: APIFunction
  var layer: Layer

  private static let prefixes: [(String, Layer)] = [
    ("iommu_dma_", .translated), ("dma_direct_", .direct),
  ]

  /// - Returns: nil for a function that is no part of the API, or not with the parameters that the
  ///   catalogue knows.
  init?(_ function: CFunction) {
    guard !function.isStatic, function.span.file == 0,
      let (api, layer) = Self.role(of: function.name),
      api.parameters.count == function.parameters.count
    else { return nil }
    self.function = function
    self.api = api
    self.layer = layer
  }

  /// What a function implements, by its name.
  static func role(of name: String) -> (APIFunction, Layer)? {
    for (prefix, layer) in prefixes where name.hasPrefix(prefix) {
      let stem = "dma_" + name.dropFirst(prefix.count)
      // The forms with attributes are the ones that have an implementation.
      for candidate in [stem + "_attrs", stem] {
        if let api = APICatalogue.function(named: candidate), api.family == .streaming {
          return (api, layer)
        }
      }
      return nil
    }
    guard let api = APICatalogue.function(named: name), api.forwardsTo == nil,
      [.streaming, .twoStep, .hmm].contains(api.family)
    else { return nil }
    return (api, .interface)
  }
}

/// The parts of the API that one file implements, by what they do.
struct ImplementedAPI {
  /// What one function does: its role, and for the regular API the form of memory.
  struct Key: Hashable {
    var role: APIRole
    var memory: MemoryKind?
  }

  let functions: [Key: ImplementedFunction]
  let layer: ImplementedFunction.Layer

  subscript(role: APIRole, memory: MemoryKind? = nil) -> ImplementedFunction? {
    functions[Key(role: role, memory: memory)]
  }

  /// One set for each layer that the file has functions of.
  static func all(in unit: CUnit) -> [ImplementedAPI] {
    let found = unit.functions.compactMap(ImplementedFunction.init)
    let layers: [ImplementedFunction.Layer] = [.interface, .translated, .direct]
    return layers.compactMap { layer in
      var functions: [Key: ImplementedFunction] = [:]
      for function in found where function.layer == layer {
        let isRegular = [.map, .unmap].contains(function.api.role)
        let key = Key(role: function.api.role, memory: isRegular ? function.api.memory : nil)
        functions[key] = functions[key] ?? function
      }
      return functions.isEmpty ? nil : ImplementedAPI(functions: functions, layer: layer)
    }
  }
}
