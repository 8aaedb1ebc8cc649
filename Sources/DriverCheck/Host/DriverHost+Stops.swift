// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// Whether a teardown, or who has waited for the device in vain, stops it before its memory is taken
/// away.
extension DriverHost {
  /// What a teardown has done so far.
  struct StopWatch {
    /// The first memory that was taken from the device, before anything that may have stopped it.
    var early: (address: UInt64, site: Site)?
    /// Whether the device may have been stopped, or what came too early is told.
    var isOver = false
  }

  /// Begins to watch for the device's stop, when it was set to work: registers were written when it had
  /// memory.
  func watchStop() { stopWatch = hasStarted ? StopWatch() : nil }

  /// A wait for the device ends, perhaps because it has taken too long.
  func noteEnd(ofWait call: OutsideCall, _ answer: UInt64) {
    guard answer == 0, !isUndoing, traits(of: call.callee.name).waitsForCompletion else { return }
    watchStop()
  }

  /// Takes note that a register is written: the driver starts or stops the device by that.
  func noteWrite(_ call: OutsideCall) {
    if !isUndoing, !mappings.isEmpty || !coherent.isEmpty { hasStarted = true }
    guard let watch = stopWatch, !watch.isOver else { return }
    stopWatch?.isOver = true
    guard let early = watch.early else { return }
    reports.append(
      Report(
        id: .dmaUseAfterUnmap,
        message: "the device loses its memory here, and is told to stop after that",
        address: early.address,
        site: early.site,
        conflict: call.interpreter.ownSite,
        stack: call.interpreter.callStack,
        dependsOnUnknown: false,
        isWarning: true
      )
    )
  }

  /// Takes note that memory is taken from the device.
  func noteTaken(_ address: UInt64) {
    guard stopWatch?.isOver == false, stopWatch?.early == nil, let interpreter else { return }
    stopWatch?.early = (address, interpreter.ownSite)
  }

  /// Takes note of code that is not executed, and may stop the device.
  func noteStranger(mayStop call: OutsideCall) {
    guard let watch = stopWatch, !watch.isOver, watch.early == nil else { return }
    let name = call.callee.name
    let isHarmless =
      isOfKernel(call.callee)
      && (traits(of: name).isAccessor || Self.stopsNothing.contains(where: name.hasPrefix))
    if !isHarmless { stopWatch?.isOver = true }
  }

  /// What the names of functions begin with that end what the kernel does, and leave the device alone.
  private static let stopsNothing = [
    "netif_", "napi_", "free_irq", "devm_free_irq", "disable_irq", "synchronize_", "cancel_",
    "del_timer", "timer_", "tasklet_", "hrtimer_", "flush_work", "ieee80211_stop_queue",
    "close_candev", "vb2_", "v4l2_", "iio_", "dma_pool_", "put_page", "__free", "free_pages",
  ]
}
