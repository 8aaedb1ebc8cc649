// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC

/// Where sizes that have lost bits get to.
extension DriverHost {
  /// Functions beside the allocators and the API that take an amount of memory.
  private static let sizeUsers: Set<String> = [
    "sg_set_page", "sg_init_one", "sg_set_buf", "sg_init_table", "sg_alloc_table",
    "alloc_pages_bulk_noprof",
  ]
  /// What an allocator can satisfy; more is refused, and nothing comes of it.
  private static let largestAmount: UInt64 = 1 << 24

  func passed(wrappedArgumentsOf call: OutsideCall) {
    let name = call.callee.name
    guard sizeLoss == nil,
      MappingRoles.allocates(name) || MappingRoles.mapping.contains(name)
        || Self.sizeUsers.contains(name)
    else { return }
    for index in call.arguments.indices where call.wrappedArguments >> UInt32(index) & 1 == 1 {
      guard call[index] <= Self.largestAmount, let loss = call.interpreter.lossBehind(call[index])
      else { continue }
      sizeLoss = SizeLoss(loss: loss, site: call.interpreter.ownSite, user: name)
      return
    }
  }
}
