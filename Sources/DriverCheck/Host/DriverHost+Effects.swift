// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC

/// What the world outside sees of a run.
extension DriverHost {
  /// A call that leaves the functions under test.
  struct Effect {
    var name: String
    var arguments: [UInt64]
    var site: Site
    /// A call of the DMA API, not of unknown code.
    var isOfTheAPI = false
    /// Arguments that are device addresses, by position.
    var deviceWords: [Int: ToldWord] = [:]
    /// Device addresses in the memory that arguments point to, in order.
    var told: [ToldWord] = []

    /// All device addresses that the call was given, in order.
    var words: [ToldWord] {
      deviceWords.sorted { $0.key < $1.key }.map(\.value) + told
    }
  }
}
