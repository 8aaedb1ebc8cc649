// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Which functions of a file sync memory, and for whom.
extension LifecycleFinder {
  /// Whether functions of the file other than these sync memory for the device.
  func syncsForDevice(outside names: Set<String>) -> Bool {
    own.contains { function in
      !names.contains(function.name)
        && syncs(function, for: "_for_device", except: Self.fromDevice)
    }
  }

  /// `DMA_TO_DEVICE` and `DMA_FROM_DEVICE`
  static let toDevice: UInt64 = 1
  static let fromDevice: UInt64 = 2

  /// Whether a function itself syncs memory for one side, other than such of one direction.
  func syncs(_ function: CFunction, for side: String, except direction: UInt64) -> Bool {
    mentions(function, except: direction) { $0.contains("dma_sync_") && $0.hasSuffix(side) }
  }

  /// Whether a function calls one of the API's, without a certain direction as a constant.
  func mentions(
    _ function: CFunction,
    except direction: UInt64,
    _ isWanted: (String) -> Bool
  ) -> Bool {
    var mentions = false
    function.body.walk(in: unit) { value in
      guard case .call(let callee, let arguments) = value.kind,
        case .reference(let id) = StateScan.bare(callee).kind, isWanted(unit[id].name)
      else { return }
      let isExcepted = arguments.contains {
        guard case .integer(direction) = StateScan.bare($0).kind,
          case .enumeration(let index, _) = unit[$0.type].kind
        else { return false }
        return unit.enumerations[Int(index)].name == "dma_data_direction"
      }
      mentions = mentions || !isExcepted
    }
    return mentions
  }

  /// Whether any function of the file syncs memory.
  var syncsAtAll: Bool {
    own.contains { calls[$0.name, default: []].contains { $0.contains("dma_sync_") } }
  }
}
