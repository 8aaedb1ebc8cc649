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
    /// What the device reads by each address that the call was given, at both ends of the page.
    var readings: [String]
  }

  /// What a reader found at an offset.
  struct Reading: Hashable {
    var reader: String
    var offset: UInt64
    var page: MemoryPicture.Value
  }

  /// A mapping as the device sees it.
  struct Piece {
    var size: UInt64
    /// Where its last word came from.
    var end: String
  }

  var run: LifecycleRun
  var readings: [Reading]
  var result: MemoryPicture.Value?
  /// After the setup, when it succeeded, and after all.
  var ready: MemoryPicture?
  var end: MemoryPicture
  var transfers: [String: DeviceTransfer]
  /// What the device could read, when the setup was ready, right behind what it was given, by its
  /// first device address.
  var pieces: [UInt64: Piece]
  var effects: [Effect]
  var counters: Counters

  /// The device is none for a mirror: `hmm_dma_map_alloc()` refused it since its memory has to be
  /// synced, or it was found out later that it has to be bounced.
  var isRefusedMirror: Bool

  var isFailure: Bool { if case .refused = run.end { true } else { false } }
  /// Whether the setup succeeded and the device got an address, in memory or by a call.
  var tellsDevice: Bool { ready != nil && !transfers.isEmpty }
  /// Mapping calls that the run made, in order, by key.
  var mappingCalls: [String] {
    run.questions.filter { $0.kind == .fault && MappingRoles.mapping.contains($0.what) }.map(\.key)
  }

  /// Where the last of so many bytes from an address on came from, when what is mapped there and
  /// behind it, without a gap, is exactly as long.
  func lastPlace(of length: UInt64, by transfer: DeviceTransfer) -> String? {
    var reached = transfer.length
    var limit = transfer.limit
    var end: String?
    while reached < length, let piece = pieces[limit] {
      reached += piece.size
      limit &+= piece.size
      end = piece.end
    }
    return reached == length ? end : nil
  }

  /// Says the first of the offsets that both were asked for at which a reader finds another page.
  func otherReading(than old: LifecycleObservation) -> String? {
    zip(old.readings, readings).first { $0 != $1 }.map { before, after in
      "\(after.reader)() finds \(ObservationComparison.text(after.page)) at offset "
        + "\(after.offset) where it found \(ObservationComparison.text(before.page))"
    }
  }
}

/// One version of a lifecycle on one device.
final class ObservedLifecycle {
  let host: DriverHost
  let runner: LifecycleRunner
  let script: RunScript
  /// Members that only this version's structs have.
  private let ownMembers: Set<FieldKey>
  private var ready: MemoryPicture?
  /// What the device was given until the setup was ready, by what gave it.
  private var words: [String: DeviceWord] = [:]
  private var transfers: [String: DeviceTransfer] = [:]
  private var pieces: [UInt64: LifecycleObservation.Piece] = [:]
  private var readings: [LifecycleObservation.Reading] = []

  init(
    _ program: Program,
    _ lifecycle: Lifecycle,
    _ script: RunScript,
    _ model: DeviceModel,
    state: (fields: Set<FieldKey>, constants: [UInt64]),
    ownMembers: Set<FieldKey>,
    stepLimit: Int
  ) throws(MachineError) {
    self.script = script
    self.ownMembers = ownMembers
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
    runner.whenRead = { [unowned self] in note($0, offset: $1, page: $2) }
  }

  func run(_ answers: [String: Int]) throws(MachineError) -> LifecycleObservation {
    host.namedAnswers = answers
    ready = nil
    words = [:]
    transfers = [:]
    pieces = [:]
    readings = []
    var run = try runner.run(ChoicePlan(), script)
    // What the whole lifecycle shows says more of the cause.
    let told = (host.effects ?? []).flatMap { $0.words.flatMap(\.violations) }
    for violation in told { host.note(violation) }
    run.reports = host.reports
    let interpreter = runner.interpreter
    for (path, word) in words where script.teardown != nil {
      transfers[path]?.check(word, path: path, host)
    }
    let end = picture(names: ready?.objectNames ?? ObjectNames())
    let names = end.objectNames
    let unit = host.unit
    return LifecycleObservation(
      run: run,
      readings: readings,
      result: run.result.map { names.value(of: $0, isPage: false, unit, interpreter) },
      ready: ready,
      end: end,
      transfers: transfers,
      pieces: pieces,
      effects: (host.effects ?? []).filter { !$0.isOfTheAPI }.map { effect in
        LifecycleObservation.Effect(
          name: effect.name,
          arguments: effect.arguments.enumerated().map { position, value in
            effect.deviceWords[position].map { names.value(of: $0.word, interpreter) }
              ?? names.value(of: value, isPage: false, unit, interpreter)
          },
          told: effect.told.map { names.value(of: $0.word, interpreter) },
          readings: effect.words.compactMap(\.reading).flatMap { reading in
            [reading.first, reading.last].map { place in
              place.map { names.physical($0, interpreter) } ?? "nothing to read"
            }
          }
        )
      },
      counters: host.machine.counters,
      isRefusedMirror: host.mirrorState.isRefused
        || run.reports.contains { $0.id == .hmmNeedsCoherent }
    )
  }

  private func note(_ reader: CFunction, offset: UInt64, page: UInt64) {
    let names = ready?.objectNames ?? ObjectNames()
    readings.append(
      LifecycleObservation.Reading(
        reader: reader.name,
        offset: offset,
        page: names.value(of: page, isPage: true, host.unit, runner.interpreter)
      )
    )
  }

  private func picture(names: ObjectNames) -> MemoryPicture {
    MemoryPicture(runner.roots, host, runner.interpreter, hidden: ownMembers, names: names)
  }

  /// The device reads and writes through every address that the setup stored, or told it of by a
  /// call.
  private func useDevice() {
    let picture = picture(names: ObjectNames())
    ready = picture
    let names = picture.objectNames
    words = picture.deviceWords
    var known = Set(words.values.map(\.startPhysical))
    let reachable = host.reachable
    var calls: [String: Int] = [:]
    for effect in host.effects ?? [] where !effect.isOfTheAPI {
      calls[effect.name, default: 0] += 1
      for (number, told) in effect.words.enumerated()
      where reachable.contains(where: { $0.contains(told.word.address) })
        && known.insert(told.word.startPhysical).inserted
      {
        let call = "call \(calls[effect.name, default: 1]) of \(effect.name)()"
        words["address \(number + 1) in \(call)"] = told.word
      }
    }
    for (path, word) in words.sorted(by: { $0.key < $1.key }) {
      transfers[path] = DeviceTransfer(word, path: path, host) {
        names.physical($0, runner.interpreter)
      }
    }
    let mappings = Dictionary(reachable.map { ($0.address, $0) }) { first, _ in first }
    for transfer in transfers.values {
      var limit = transfer.limit
      while pieces[limit] == nil, let mapping = mappings[limit], mapping.direction.deviceReads,
        mapping.size >= 4 * DeviceReading.wordBytes
      {
        // What the device meets there is of no account: nothing says that it reads so far.
        let tag = DeviceReading.read(
          limit &+ mapping.size &- DeviceReading.wordBytes,
          host,
          note: { _ in }
        )
        let end = names.physical(tag, runner.interpreter)
        pieces[limit] = LifecycleObservation.Piece(size: mapping.size, end: end)
        limit &+= mapping.size
      }
    }
  }
}
