// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// What may still run while a teardown has begun: until `free_irq()`, `cancel_work_sync()` and their
/// like return, the function that they end may have been called at any moment before.
extension DriverHost {
  /// A function that may run until the teardown has waited for its end.
  struct Race {
    var function: String
    var arguments: [UInt64]
    /// Its objects, by which the call is known that waits for its end.
    var objects: Set<UInt64>
  }

  /// Functions that return when what they end runs no more, and will not again.
  private static let endings: Set<String> = [
    "free_irq", "devm_free_irq", "napi_disable", "cancel_work_sync", "cancel_delayed_work_sync",
    "del_timer_sync", "timer_delete_sync", "timer_shutdown_sync", "tasklet_kill", "hrtimer_cancel",
  ]

  /// What the names of those begin with that end it for a time, or by halves.
  private static let pauses = [
    "disable_irq", "synchronize_irq", "napi_synchronize", "cancel_", "flush_", "drain_", "destroy_",
    "disable_work", "disable_delayed_work", "del_timer", "timer_delete", "timer_shutdown",
    "tasklet_disable", "hrtimer_try", "synchronize_",
  ]

  /// Whether a function may be ended by a call of one of these.
  static func mayEnd(_ names: Set<String>) -> Bool { !endings.isDisjoint(with: names) }

  /// Calls the function that may run until this call of the teardown returns, and ends the run.
  func race(at call: OutsideCall) throws(ExecutionStop) {
    guard isUndoing, let race = racing else { return }
    let name = call.callee.name
    let isItsOwn = call.arguments.contains(where: race.objects.contains)
    guard Self.endings.contains(name), isItsOwn, isItsInterrupt(race, call) else {
      let isPaused =
        Self.pauses.contains(where: name.hasPrefix)
        && (isItsOwn || !Self.endings.contains(name))
      if isPaused { racing = nil }
      return
    }
    racing = nil
    letDeviceWork()
    isBetween = true
    let first = questions.count
    raceQuestions = first..<Int.max
    _ = try call.interpreter.call(race.function, race.arguments)
    raceQuestions = first..<questions.count
    throw call.interpreter.stopped(.budget, "what follows \(race.function)() is not looked at")
  }

  /// Several interrupts of a driver may have the same object.
  private func isItsInterrupt(_ race: Race, _ call: OutsideCall) -> Bool {
    guard call.callee.name.hasSuffix("free_irq"),
      let known = registrations.last(where: { $0.function == race.function })
    else { return true }
    return call.arguments.dropLast() == known.arguments.prefix(call.arguments.count - 1)
  }
}
