// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What the device and the kernel do while none of the driver's functions runs.
extension DriverHost {
  /// A function of the file that was handed to code which is not executed, with all that was handed
  /// over.
  struct Registration {
    var function: String
    var position: Int
    var arguments: [UInt64]
    /// What the callee says that it wants.
    var types: [TypeID]
  }

  /// The device does what it was told to: what it may write has other contents now, on a device that
  /// is not coherent, where it is known whose turn it is.
  func letDeviceWork() {
    guard let interpreter else { return }
    letDeviceWriteCoherent()
    for index in owned.indices {
      owned[index].isDoubtful = false
      let range = owned[index]
      guard range.direction != .toDevice, range.start < range.end else { continue }
      let memory = interpreter.memory.virtual(physical: range.start)
      interpreter.writtenAnew(memory, Int(clamping: range.end - range.start))
      let size = min(range.end - range.start, .max - memory)
      writtenByDevice.insert(memory..<memory + size)
    }
  }

  /// Takes note of functions of the file that a call hands over.
  func noteRegistrations(_ call: OutsideCall) {
    for (position, argument) in call.arguments.enumerated() where argument > Memory.pageStructBase {
      guard let name = call.interpreter.function(at: argument) else { continue }
      let declaration = call.callee.declaration
      var types: [TypeID] = []
      if declaration.index >= 0, case .function(_, let all, _) = unit[unit[declaration].type].kind {
        types = all
      }
      registrations.append(
        Registration(
          function: name,
          position: position,
          arguments: call.arguments,
          types: types
        )
      )
    }
  }
}
