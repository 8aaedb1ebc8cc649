// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// All that one run of a lifecycle did that somebody outside can see.
struct LifecycleObservation {
  /// A call of a function without a body.
  struct Effect: Hashable {
    var name: String
    var arguments: [MemoryPicture.Value]
    /// Device addresses in memory that the call was given.
    var told: [MemoryPicture.Value]
  }

  var run: LifecycleRun
  var result: MemoryPicture.Value?
  /// After the setup, when it succeeded, and after all.
  var ready: MemoryPicture?
  var end: MemoryPicture
  var transfers: [String: DeviceTransfer]
  var effects: [Effect]
  var counters: Counters

  var isFailure: Bool { if case .refused = run.end { true } else { false } }
  /// Mapping calls that the run made, in order, by key.
  var mappingCalls: [String] {
    run.questions.filter { $0.kind == .fault && MappingRoles.mapping.contains($0.what) }.map(\.key)
  }
}

/// One version of a lifecycle on one device.
final class ObservedLifecycle {
  let host: DriverHost
  let runner: LifecycleRunner
  let script: RunScript
  private var ready: MemoryPicture?
  private var transfers: [String: DeviceTransfer] = [:]

  init(
    _ program: Program,
    _ lifecycle: Lifecycle,
    _ script: RunScript,
    _ model: DeviceModel,
    state: (fields: Set<FieldKey>, constants: [UInt64]),
    stepLimit: Int
  ) throws(MachineError) {
    self.script = script
    host = try DriverHost(
      program.unit,
      model,
      stateFields: state.fields,
      constants: state.constants
    )
    host.effects = []
    runner = LifecycleRunner(program, host, lifecycle, stepLimit: stepLimit)
    runner.interpreter.recordsStores = true
    runner.whenReady = { [unowned self] in useDevice() }
  }

  func run(_ answers: [String: Int]) throws(MachineError) -> LifecycleObservation {
    host.namedAnswers = answers
    ready = nil
    transfers = [:]
    let run = try runner.run(ChoicePlan(), script)
    let interpreter = runner.interpreter
    for (path, word) in ready?.deviceWords ?? [:] where script.teardown != nil {
      transfers[path]?.check(word, path: path, host)
    }
    let end = picture(names: ready?.objectNames ?? ObjectNames())
    let names = end.objectNames
    let unit = host.unit
    return LifecycleObservation(
      run: run,
      result: run.result.map { names.value(of: $0, isPage: false, unit, interpreter) },
      ready: ready,
      end: end,
      transfers: transfers,
      effects: (host.effects ?? []).filter { !$0.isOfTheAPI }.map { effect in
        LifecycleObservation.Effect(
          name: effect.name,
          arguments: effect.arguments.enumerated().map { position, value in
            effect.deviceWords[position].map { names.value(of: $0, interpreter) }
              ?? names.value(of: value, isPage: false, unit, interpreter)
          },
          told: effect.told.map { names.value(of: $0, interpreter) }
        )
      },
      counters: host.machine.counters
    )
  }

  private func picture(names: ObjectNames) -> MemoryPicture {
    MemoryPicture(runner.roots, host, runner.interpreter, names: names)
  }

  /// The device reads and writes through every address that the setup stored.
  private func useDevice() {
    let picture = picture(names: ObjectNames())
    ready = picture
    let names = picture.objectNames
    for (path, word) in picture.deviceWords.sorted(by: { $0.key < $1.key }) {
      transfers[path] = DeviceTransfer(word, path: path, host) {
        names.physical($0, runner.interpreter)
      }
    }
  }
}
