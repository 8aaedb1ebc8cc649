// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What the result of a driver's function says.
extension LifecycleRunner {
  enum Outcome {
    case success
    case failure
    /// Nothing says what the value means.
    case unclear
  }

  /// `-EINPROGRESS` and `-EIOCBQUEUED`: the rest is done later, elsewhere. `-EBUSY` means the same
  /// where requests wait in a backlog.
  private static let pending: Set<Int64> = [-115, -529]

  /// `NETDEV_TX_BUSY`
  private static let transmitBusy: UInt64 = 0x10

  /// What a function's result says of its success.
  func outcome(_ result: UInt64?, of function: CFunction) -> Outcome {
    guard let result else { return .success }
    let type = unit[function.result]
    let ordinary = function.name == lifecycle.setup.name ? ordinaryResult : nil
    switch type.kind {
    case .pointer: return result == 0 || result > UInt64.max - 4096 ? .failure : .success
    case .boolean: return result == 0 && ordinary != 0 ? .failure : .success
    case .integer(let isSigned):
      if type.spelling == "dma_addr_t" {
        return result == Machine.dmaMappingError || (result == 0 && ordinary != 0)
          ? .failure : .success
      }
      if isSigned, Int64(bitPattern: result) < 0 {
        guard !interpreter.returnedPending else { return .unclear }
        let isBusy = Int64(bitPattern: result) == -16 && !host.hasFailed
        return isBusy || Self.pending.contains(Int64(bitPattern: result)) ? .unclear : .failure
      }
      // BLK_STS_OK is zero, and every other status a failure.
      if type.spelling == "blk_status_t" { return result == 0 ? .success : .failure }
      // A count of what was mapped, or an error as a positive number.
      if let ordinary, ordinary > 0 {
        // Where there is no range, each piece is mapped by itself.
        let hasFailed = host.faults.contains { !$0.hasPrefix("dma_iova_try_alloc") }
        return result > 0 ? .success : hasFailed ? .failure : .unclear
      }
      // SCSI_MLQUEUE_HOST_BUSY and its like.
      if ordinary == 0, (0x1000..<0x2000).contains(result), !host.faults.isEmpty { return .failure }
      return result == 0 || ordinary == nil ? .success : .unclear
    case .enumeration:
      // The packet is sent again later, and mapped again.
      if type.spelling == "netdev_tx_t", ordinary == 0, result == Self.transmitBusy {
        return .failure
      }
      return result == 0 || ordinary == nil ? .success : .unclear
    default: return .success
    }
  }
}
