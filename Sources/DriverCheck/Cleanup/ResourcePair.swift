// SPDX-License-Identifier: GPL-2.0-only

/// A call that takes something which another call gives back, other than memory and mappings.
struct ResourcePair {
  /// When a call has taken what it is for.
  enum Success {
    case always
    /// It returns 0.
    case zero
    /// It returns a count, not an error.
    case notNegative
    /// It returns true, or a pointer that is neither NULL nor an error.
    case notNull
  }

  /// What says which lock, clock or reference it is.
  enum Key {
    case argument(Int)
    case result
    /// There is only one.
    case none
  }

  var taking: Set<String>
  var success: Success
  var key: Key
  var returning: Set<String>
  /// The argument of the returning call; nil when there is only one.
  var returned: Int?
  /// Held for a while, and never by who has left the function.
  var isLock = false

  /// Whether a call with this result has taken something.
  func hasTaken(_ result: UInt64?) -> Bool {
    let value = result ?? 0
    let number = Int64(bitPattern: value)
    let isError =
      (number < 0 && number >= -4095) || (value >> 32 == 0 && Int32(truncatingIfNeeded: value) < 0)
    return switch success {
    case .always: true
    case .zero: value & 0xffff_ffff == 0
    case .notNegative: !isError
    case .notNull: value != 0 && !isError
    }
  }

  private init(
    _ taking: String,
    _ success: Success,
    _ key: Key,
    _ returning: String,
    _ returned: Int?,
    isLock: Bool = false
  ) {
    self.taking = Set(taking.split(separator: " ").map(String.init))
    self.success = success
    self.key = key
    self.returning = Set(returning.split(separator: " ").map(String.init))
    self.returned = returned
    self.isLock = isLock
  }

  /// The kernel's own, by their documentation in its headers and Documentation/.
  static let table: [ResourcePair] = [
    lock(
      "mutex_lock mutex_lock_nested mutex_lock_io _mutex_lock_nest_lock",
      "mutex_unlock"
    ),
    lock("mutex_lock_interruptible mutex_lock_killable", "mutex_unlock", .zero),
    lock("mutex_trylock", "mutex_unlock", .notNull),
    lock(
      "spin_lock spin_lock_bh spin_lock_irq spin_lock_irqsave _raw_spin_lock _raw_spin_lock_bh "
        + "_raw_spin_lock_irq _raw_spin_lock_irqsave raw_spin_lock raw_spin_lock_irq",
      "spin_unlock spin_unlock_bh spin_unlock_irq spin_unlock_irqrestore _raw_spin_unlock "
        + "_raw_spin_unlock_bh _raw_spin_unlock_irq _raw_spin_unlock_irqrestore raw_spin_unlock "
        + "raw_spin_unlock_irq"
    ),
    lock("down_read", "up_read"),
    lock("down_write", "up_write"),
    lock("down", "up"),
    lock("down_interruptible", "up", .zero),
    lock("mmap_read_lock", "mmap_read_unlock"),
    lock("mmap_write_lock", "mmap_write_unlock"),
    ResourcePair("rcu_read_lock", .always, .none, "rcu_read_unlock", nil, isLock: true),
    ResourcePair("rtnl_lock", .always, .none, "rtnl_unlock", nil, isLock: true),
    of("get_device", .notNull, "put_device"),
    of("pci_dev_get", .notNull, "pci_dev_put"),
    of("of_node_get", .notNull, "of_node_put"),
    of("kref_get", .always, "kref_put"),
    of("try_module_get", .notNull, "module_put"),
    of("mmget_not_zero", .notNull, "mmput mmput_async"),
    of("mmget", .always, "mmput mmput_async"),
    of("mmgrab", .always, "mmdrop"),
    of("dma_buf_attach", .notNull, "dma_buf_detach"),
    of("drm_gem_object_get", .always, "drm_gem_object_put"),
    of(
      "pm_runtime_get_sync pm_runtime_get pm_runtime_get_noresume",
      .always,
      "pm_runtime_put pm_runtime_put_sync pm_runtime_put_autosuspend pm_runtime_put_noidle "
        + "pm_runtime_put_sync_suspend pm_runtime_put_sync_autosuspend"
    ),
    of(
      "pm_runtime_resume_and_get",
      .zero,
      "pm_runtime_put pm_runtime_put_sync pm_runtime_put_autosuspend pm_runtime_put_noidle "
        + "pm_runtime_put_sync_suspend pm_runtime_put_sync_autosuspend"
    ),
    of("clk_prepare_enable", .zero, "clk_disable_unprepare"),
    of("clk_enable", .zero, "clk_disable"),
    of("clk_prepare", .zero, "clk_unprepare"),
    of("regulator_enable", .zero, "regulator_disable"),
    of("reset_control_deassert", .zero, "reset_control_assert"),
    of("phy_power_on", .zero, "phy_power_off"),
    of("phy_init", .zero, "phy_exit"),
    of("pci_enable_device pci_enable_device_mem", .zero, "pci_disable_device"),
    of("pci_request_regions", .zero, "pci_release_regions"),
    of(
      "pci_alloc_irq_vectors pci_alloc_irq_vectors_affinity",
      .notNegative,
      "pci_free_irq_vectors"
    ),
    of("pci_enable_msi", .zero, "pci_disable_msi"),
    of("request_irq request_threaded_irq", .zero, "free_irq"),
    of("disable_irq disable_irq_nosync", .always, "enable_irq"),
    of("request_mem_region", .notNull, "release_mem_region"),
    of("register_netdev", .zero, "unregister_netdev"),
    of("misc_register", .zero, "misc_deregister"),
    made("fget", "fput"),
    made("ioremap ioremap_wc", "iounmap"),
    made("pci_iomap", "pci_iounmap", argument: 1),
    made("clk_get", "clk_put"),
    made("dma_buf_get", "dma_buf_put"),
    made("dma_request_chan dma_request_channel", "dma_release_channel"),
    made("alloc_workqueue alloc_ordered_workqueue", "destroy_workqueue"),
    made("dma_pool_create", "dma_pool_destroy"),
  ]

  private static func lock(
    _ taking: String,
    _ returning: String,
    _ success: Success = .always
  ) -> ResourcePair {
    ResourcePair(taking, success, .argument(0), returning, 0, isLock: true)
  }

  /// Both calls get the object first.
  private static func of(
    _ taking: String,
    _ success: Success,
    _ returning: String
  ) -> ResourcePair {
    ResourcePair(taking, success, .argument(0), returning, 0)
  }

  /// What the first call returns the second one takes back.
  private static func made(
    _ taking: String,
    _ returning: String,
    argument: Int = 0
  ) -> ResourcePair {
    ResourcePair(taking, .notNull, .result, returning, argument)
  }

  /// Which of the table's pairs a call is part of.
  static let taken: [String: Int] = index { $0.taking }
  static let returned: [String: [Int]] = {
    var result: [String: [Int]] = [:]
    for (number, pair) in table.enumerated() {
      for name in pair.returning { result[name, default: []].append(number) }
    }
    return result
  }()

  private static func index(_ names: (ResourcePair) -> Set<String>) -> [String: Int] {
    var result: [String: Int] = [:]
    for (number, pair) in table.enumerated() {
      for name in names(pair) { result[name] = number }
    }
    return result
  }
}
