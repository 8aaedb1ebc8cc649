// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

enum FaultNames {
  /// What makes the nth call of a function fail.
  static func fault(_ name: String) -> ((Int) -> Fault)? {
    FaultPoint(rawValue: name).map { point in { Fault(point, .nth($0)) } }
  }
}
