// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// What a function leaves in objects and gives back by pointers.
extension LifecycleRunner {
  /// Whether all of these calls of the model are in force, and what has come to them is what a setup
  /// maps beside: made elsewhere, or no more in all than the ordinary run makes.
  func isMadeUpFrom(_ held: [UInt32], since before: UInt32) -> Bool {
    let present = host.heldCalls
    guard Set(held).isSubset(of: present) else { return false }
    guard host.isMappedAnew(held, since: before) else { return true }
    let isOrdinary = host.plan.answers.keys.allSatisfy {
      host.questions.indices.contains($0) && host.questions[$0].kind == .fault
    }
    return isOrdinary && present.count > held.count && present.count <= ordinaryHeld
  }

  /// The address that a function has stored where it was told to.
  func addressGiven(through pointer: UInt64) -> UInt64? {
    interpreter.place(of: pointer).flatMap {
      interpreter.value(ofObject: $0.object, at: $0.offset, 8)
    }
  }

  /// The key by which what a parameter points to is shared. Which `void *` is which the name alone
  /// tells.
  func outputKey(_ type: TypeID, _ name: String) -> String {
    guard case .pointer(let pointee) = unit[type].kind, case .void = unit[pointee].kind else {
      return shareKey(type, name)
    }
    return "\(name) through a pointer"
  }
}
