// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC

/// Buffers of I2C messages that a device can reach (drivers/i2c/i2c-core-base.c).
extension DriverHost {
  /// `I2C_M_DMA_SAFE`
  private static let safeFlag: UInt64 = 0x0200
  /// `I2C_M_RD`
  private static let readFlag: UInt64 = 1

  func messageBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    func member(_ name: String, _ message: UInt64, _ call: OutsideCall) throws -> UInt64 {
      try call.interpreter.value(ofMember: name, of: "i2c_msg", at: message) ?? 0
    }
    names["i2c_get_dma_safe_msg_buf"] = { call in
      let length = try member("len", call[0], call)
      guard length > 0, length >= call[1] else { return 0 }
      if try member("flags", call[0], call) & Self.safeFlag != 0 {
        return try member("buf", call[0], call)
      }
      return try call.allocate(bytes: length, isZeroed: true, isManaged: false)
    }
    names["i2c_put_dma_safe_msg_buf"] = { [unowned self] call in
      guard call[0] != 0, try call[0] != member("buf", call[1], call) else { return 0 }
      // What was read is copied to where the message has its buffer.
      if call[2] != 0, try member("flags", call[1], call) & Self.readFlag != 0 {
        accessed(call[0], 1, isWrite: false, call.interpreter)
      }
      try call.free(call[0])
      return 0
    }
    return names
  }
}
