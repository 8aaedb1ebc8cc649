// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// What functions of the file that are not executed have set.
extension DriverHost {
  func isPrepared(_ variable: DeclarationID) -> Bool { prepared.contains(variable) }

  /// A teardown finds what is set up between it and what has run here.
  func isSetElsewhere(_ access: Access) -> Bool {
    guard isUndoing, let record = access.record, let field = access.field else { return false }
    return setElsewhere(FieldKey(record: record, field: field))
  }
}
