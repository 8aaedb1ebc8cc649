// SPDX-License-Identifier: GPL-2.0-only

/// Kernel and compiler functions with a meaning of their own, so that neither assembly nor the
/// allocator's inside has to be executed.
public enum KernelBuiltins {
  /// One family of functions. A family's members are known by name, or by a rule over names.
  struct Family {
    var title: String
    var names: [String: KernelBuiltin]
  }

  static let families: [Family] = [
    allocators, pageAllocators, memoryAndStrings, numbers, ordering, reports, scatterlists,
    containers, userPages, interrupts, addressKinds,
  ]

  private static let byName: [String: KernelBuiltin] = families.reduce(into: [:]) {
    $0.merge($1.names) { first, _ in first }
  }

  static func lookup(_ name: String) -> KernelBuiltin? {
    byName[name] ?? atomic(name) ?? bitOperation(name) ?? byPrefix(name)
  }

  /// Names by family, for the documentation.
  public static var documentation: [(title: String, names: [String])] {
    families.map { ($0.title, $0.names.keys.sorted()) }
      + [
        ("Rules over names: no effect", ignoredPrefixes.sorted()),
        ("Rules over names: device registers", (registerPrefixes + powerPCAccessors).sorted()),
      ]
  }

  // MARK: Rules over names

  /// Functions that order, lock, measure or report, and whose effect a sequential run cannot see.
  static let ignoredPrefixes = [
    "spin_lock", "spin_unlock", "_raw_spin_", "raw_spin_", "read_lock", "read_unlock",
    "write_lock", "write_unlock", "_raw_read_", "_raw_write_", "mutex_lock", "mutex_unlock",
    "mutex_init", "__mutex_init", "down_read", "down_write", "up_read", "up_write", "rcu_read_",
    "__rcu_read_", "lockdep_", "lock_acquire", "lock_release", "might_", "__might_",
    "kasan_", "__kasan_", "kmsan_", "kcsan_", "__kcsan_", "kmemleak_", "trace_", "__trace_",
    "_dev_", "__dynamic_", "_printk", "netdev_printk", "netdev_err",
    "netdev_warn", "netdev_notice", "netdev_info", "netdev_dbg", "netdev_crit", "netdev_alert",
    "netdev_emerg", "netdev_sent_queue", "netdev_completed_queue", "netdev_reset_queue",
    "netdev_tx_", "dev_kfree_skb", "kfree_skb", "consume_skb", "dev_consume_skb",
    "netif_start_", "netif_stop_", "netif_wake_", "netif_carrier_on",
    "netif_carrier_off", "netif_device_attach", "netif_device_detach",
    "dev_printk", "seq_", "__init_swait_queue",
    "preempt_", "__preempt_", "local_irq_", "arch_local_irq_", "local_bh_", "cond_resched",
    "__cond_resched", "srcu_read_",
    "seqcount_", "write_seqcount_", "mmap_read_lock", "mmap_read_unlock", "mmap_assert",
    "fs_reclaim_", "instrument_", "__sanitizer_", "debug_", "udelay", "ndelay", "mdelay",
    "msleep", "usleep_range", "__udelay", "__const_udelay", "ww_mutex_unlock", "init_rwsem",
    "__init_rwsem", "complete", "init_completion", "init_waitqueue", "__init_waitqueue", "wake_up",
    "__wake_up", "clflush", "dump_stack", "mod_node_", "set_page_dirty", "mark_page_accessed",
  ]

  static let registerPrefixes = [
    "readb", "readw", "readl", "readq", "__readb", "__readw", "__readl", "__readq", "__writeb",
    "__writew", "__writel", "__writeq", "__inb", "__inw", "__inl", "__outb", "__outw", "__outl",
    "writeb", "writew", "writel", "writeq", "__raw_read",
    "__raw_write", "ioread", "iowrite", "memcpy_toio", "memcpy_fromio", "memset_io", "inb", "inw",
    "inl", "outb", "outw", "outl",
  ]

  /// PowerPC's own accessors, of which the address is the first argument
  /// (arch/powerpc/include/asm/io.h).
  public static let powerPCAccessors = [
    "in_8", "in_be16", "in_be32", "in_be64", "in_le16", "in_le32", "in_le64",
    "out_8", "out_be16", "out_be32", "out_be64", "out_le16", "out_le32", "out_le64",
  ]

  /// What the names of accessors begin with that write.
  private static let writePrefixes = [
    "write", "__write", "__raw_write", "iowrite", "memcpy_toio", "memset_io", "out", "__out",
  ]

  private static func byPrefix(_ name: String) -> KernelBuiltin? {
    if name.contains("trylock") { return { _ in 1 } }
    if ignoredPrefixes.contains(where: name.hasPrefix) { return nothing }
    if registerPrefixes.contains(where: name.hasPrefix) || powerPCAccessors.contains(name) {
      let isWrite = writePrefixes.contains(where: name.hasPrefix)
      // A register that is read answers zero or all ones.
      return { call in
        if isWrite { call.interpreter.host.wroteRegister(call) }
        if let value = try RegisterAccess.onMemory(call) { return value }
        guard !call.callee.resultIsVoid else { return 0 }
        call.interpreter.hasReadUnknown = true
        return call.interpreter.host.register(call)
      }
    }
    return nil
  }

  static func nothing(_ call: OutsideCall) throws(ExecutionStop) -> UInt64 { 0 }
  static func one(_ call: OutsideCall) throws(ExecutionStop) -> UInt64 { 1 }
}
