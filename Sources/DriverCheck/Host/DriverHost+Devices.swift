// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// Which device memory is mapped for.
extension DriverHost {
  /// How a channel leads to the device of its controller, which does the transfer.
  private static let channelDevice = "dma_device.dev"

  func noteMapped(_ key: UInt64, for call: OutsideCall) { mappedFor[key] = call[0] }

  /// Takes note that an address or a list is unmapped: for the device of a channel when it was mapped for
  /// another one, or the other way round. A controller's driver alone has channels of its own device; of
  /// other pointers nobody knows whether they are two.
  func noteUnmapped(_ key: UInt64, _ call: OutsideCall) {
    guard let device = mappedFor.removeValue(forKey: key), device != call[0], !providesChannels
    else { return }
    let isOfChannel = [device, call[0]].map {
      call.interpreter.object(at: $0)?.name == Self.channelDevice
    }
    guard isOfChannel[0] != isOfChannel[1] else { return }
    let names = isOfChannel.map { $0 ? "the channel's device" : "another device" }
    report(
      .dmaUnmapUnknown,
      "mapped for \(names[0]), unmapped for \(names[1])",
      address: key,
      call
    )
  }
}
