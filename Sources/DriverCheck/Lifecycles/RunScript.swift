// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Which functions one run calls.
struct RunScript {
  var prologue: CFunction?
  var setup: CFunction
  /// Find the page at an offset of what the setup has made.
  var readers: [CFunction] = []
  /// Called in this order between setup and teardown, on the setup's objects.
  var middle: [CFunction] = []
  /// The last of them is not called before the teardown, but when that waits for its end.
  var racesTeardown = false
  var teardown: CFunction?
  var epilogue: CFunction?
  /// Undoes what the teardown leaves.
  var completion: CFunction?
  /// Setup and teardown run again on the same object.
  var repeats = false
  /// The setup is left out: what was made is undone without use.
  var skipsSetup = false
  /// The caller undoes a setup that failed as well.
  var undoesFailure = false
  /// The caller tries a setup that failed once more.
  var retriesFailure = false
}
