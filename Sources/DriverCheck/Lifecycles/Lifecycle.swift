// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// A function that maps, those that may undo what it did, and those that stand around both.
struct Lifecycle {
  var setup: CFunction
  var teardowns: [CFunction]
  /// Functions that get the driver's own object, and may undo what the setup did.
  var further: [CFunction] = []
  /// Functions that other files or the kernel call, and that undo what the teardowns leave alone.
  var completions: [CFunction] = []
  /// Functions that may be called between setup and teardown: see ``LifecycleFinder/middle(of:)``.
  var middle: [MiddleFunction] = []
  /// What makes the object that the setup works on: its memory, its IOVA space, its HMM map.
  var prologue: CFunction?
  /// Whether the setup means nothing without the prologue; otherwise it may be left out.
  var needsPrologue = false
  /// Whether the prologue makes a mirror of a process' memory from what its caller says alone.
  var makesMirror = false
  /// Functions that end a mirror, before which nobody but a notifier unmaps its pages.
  var ends: [CFunction] = []
  /// Functions that may undo the prologue.
  var epilogues: [CFunction] = []
  /// The teardown's names or the caller say that it belongs to the setup; otherwise a run that
  /// leaves something mapped proves nothing.
  var isTrusted: Bool
  /// The teardown unmaps nothing: what it frees while it is mapped is the proof that it should.
  var forgets = false
  /// Whether the setup frees the map of a mirror itself when it fails.
  var ownsMirror = false
  /// Those of the teardowns that reach a call which undoes a mapping.
  var undoing: Set<String> = []
  /// Those of the teardowns that only the kernel calls, once the setup has handed them over.
  var callbacks: Set<String> = []
  /// Those of them that tell who waits that they were called.
  var completing: Set<String> = []
  /// Whether no other function of the file undoes mappings of the same object, or may do so.
  var isUndoneByItself = false
  /// Those of the teardowns that end what the device does, and are called when it does it.
  var stopping: Set<String> = []
  /// Whether other functions of the file call the setup, and undo mappings, by it or themselves.
  var isHelper = false
  /// Whether functions of the file that call the setup, or call who does, undo mappings without it,
  /// or are called by nobody knows whom.
  var isUndoneByCallers = false
  /// The functions of the file that call the setup, or hand it to a call.
  var callers: Set<String> = []
  /// Whether there are any, which may have looked at what they pass on.
  var isCalledHere: Bool { !callers.isEmpty }
  /// Whether nobody else does.
  var isOnlyCalledHere = false
  /// Members, as `record.member`, that such functions compare with constants.
  var comparedByCallers: Set<String> = []
  /// Whether all such functions return nothing, so that what they leave is undone as if all went well.
  var hasSilentCallers = false
  /// Whether the kernel is given the setup to call, with what a subsystem has bounded.
  var isHandedOut = false
  /// Whether a table lists the setup of which nobody here can tell what its caller does when it fails.
  var isPrivateCallback = false
  /// Whether the setup links what was allocated for it, or maps it otherwise.
  var links = false
  /// Whether another function for the same object maps page by page or lists: the caller may choose.
  var mapsElsewhere = false
  /// The function of the API that another file must have called before the setup.
  var missingMaker: String?

  /// Whether who calls the setup may well end it when it has failed: who made a mirror ends it, with
  /// what faults before the one that failed have left.
  var isEndedAnyway: Bool { isPrivateCallback || hasSilentCallers || makesMirror }

  /// All that runs try for undoing what the setup or the prologue did.
  var undoers: [CFunction] { teardowns + further + epilogues + ends }
}
