// SPDX-License-Identifier: GPL-2.0-only

/// What functions do, as far as a lifecycle has to know.
enum MappingRoles {
  static let mapping: Set<String> = [
    "dma_map_page_attrs", "dma_map_page", "dma_map_single_attrs", "dma_map_single",
    "dma_map_phys", "dma_map_sg_attrs", "dma_map_sg", "dma_map_sgtable", "dma_iova_try_alloc",
    "dma_iova_link", "dma_alloc_attrs", "dma_alloc_coherent", "hmm_dma_map_alloc",
    "hmm_dma_map_pfn", "dma_map_resource",
  ]
  static let unmapping: Set<String> = [
    "dma_unmap_page_attrs", "dma_unmap_page", "dma_unmap_single_attrs", "dma_unmap_single",
    "dma_unmap_phys", "dma_unmap_sg_attrs", "dma_unmap_sg", "dma_unmap_sgtable", "dma_iova_free",
    "dma_iova_unlink", "dma_iova_destroy", "dma_free_attrs", "dma_free_coherent",
    "hmm_dma_map_free", "hmm_dma_unmap_pfn", "dma_unmap_resource",
  ]

  /// Whether a function maps other than by the two-step API, to be used for as long as the driver says.
  static func mapsRegularly(_ name: String) -> Bool {
    mapping.contains(name) && name.hasPrefix("dma_map_")
  }

  /// Functions that need what another function made: `struct dma_iova_state`, an HMM map.
  static let makers: [(user: String, maker: String)] = [
    ("dma_iova_link", "dma_iova_try_alloc"), ("hmm_dma_map_pfn", "hmm_dma_map_alloc"),
  ]

  /// What may undo the mapping calls among `names`.
  static func releasing(_ names: Set<String>) -> Set<String> {
    var result: Set<String> = []
    for name in names where mapping.contains(name) {
      if name.hasPrefix("dma_iova_") {
        // A fallback, or a mistake.
        result.formUnion(unmapping.filter { $0.hasPrefix("dma_") })
      } else if name == "hmm_dma_map_alloc" {
        result.insert("hmm_dma_map_free")
      } else if name.hasPrefix("hmm_dma_") {
        result.formUnion(unmapping.filter { $0.hasPrefix("hmm_dma_") })
      } else {
        // Which of them fits is for the run to say.
        result.formUnion(unmapping.filter { $0.hasPrefix("dma_") && !$0.hasPrefix("dma_iova_") })
      }
    }
    return result
  }

  /// Whether a function takes over what it is given, to release it with the device.
  static func managesResources(_ name: String) -> Bool {
    ["devm_", "devres_add", "drmm_", "__devm_", "__drmm_"].contains { name.hasPrefix($0) }
  }

  /// What the names of the kernel's own functions begin with that tear down other things than
  /// mappings, and call nothing of the driver's that would undo one.
  private static let otherTeardowns = [
    "free_irq", "devm_free_irq", "disable_irq", "synchronize_irq", "irq_", "cancel_work",
    "cancel_delayed_work", "flush_work", "flush_delayed_work", "flush_workqueue",
    "drain_workqueue", "destroy_workqueue", "del_timer", "timer_delete", "timer_shutdown",
    "hrtimer_cancel", "tasklet_kill", "tasklet_disable", "napi_disable", "netif_napi_del",
    "pci_disable_", "pci_release_", "pci_free_irq_vectors", "pci_clear_master", "clk_",
    "regulator_", "reset_control_", "pm_runtime_", "iounmap", "pci_iounmap", "kthread_stop",
    "debugfs_remove", "sysfs_remove", "device_remove_file", "put_device", "ida_free",
    "idr_destroy", "phy_power_off", "phy_exit", "phy_stop", "gpiod_",
  ]

  /// Whether what a function is given may have its mappings undone by it.
  static func mayUndo(_ name: String) -> Bool {
    soundsLikeTeardown(name) && !otherTeardowns.contains(where: name.hasPrefix)
  }

  /// Whether a function gives out memory.
  static func allocates(_ name: String) -> Bool {
    let stem = name.drop { $0 == "_" }
    return [
      "kmalloc", "kzalloc", "kcalloc", "kvmalloc", "kvzalloc", "kvcalloc", "vmalloc",
      "vzalloc", "alloc_page", "alloc_pages", "get_free_page", "kmem_cache_alloc", "kmemdup",
    ].contains { stem.hasPrefix($0) }
  }

  private static let setupWords: Set<Substring> = [
    "map", "setup", "init", "alloc", "prepare", "prep", "start", "create", "register", "reg",
    "add", "enable", "open", "pin", "get", "build", "load", "attach", "begin", "link", "do", "fill",
    "new",
    "make", "submit", "queue", "send", "xmit", "fault", "pages", "pfns",
  ]
  private static let teardownWords: Set<Substring> = [
    "unmap", "teardown", "cleanup", "clean", "free", "fini", "exit", "destroy", "unprepare",
    "unprep", "complete", "finish", "stop", "release", "remove", "unregister", "unreg", "dereg",
    "deregister", "disable", "close", "unpin", "put", "undo", "unload", "deinit", "detach", "end",
    "unlink", "shutdown", "drain", "empty", "reset", "abort", "purge", "flush", "uninit",
    "dealloc", "del", "clear", "done", "drop", "invalidate", "dequeue", "finalize",
    "retire", "reclaim", "discard", "deactivate", "pages", "pfns",
  ]

  /// Words of `setupWords` that no function has in its name which undoes something.
  private static let plainSetupWords: Set<Substring> = [
    "map", "setup", "init", "alloc", "prepare", "prep", "create", "build", "submit", "xmit",
    "probe", "start", "fill",
  ]

  /// Whether a function is not one to undo what another did: its name says what it makes, and
  /// nothing that it undoes.
  static func soundsLikeSetup(_ name: String) -> Bool {
    let words = Set(name.split(separator: "_"))
    return !words.isDisjoint(with: plainSetupWords)
      && words.isDisjoint(with: teardownWords.subtracting(["pages", "pfns"]))
  }

  static func soundsLikeTeardown(_ name: String) -> Bool {
    name.split(separator: "_").contains { teardownWords.contains($0) }
  }

  /// Whether one function is for what a device receives and the other for what it sends.
  static func areOfTwoWays(_ one: String, _ other: String) -> Bool {
    let first = Set(one.split(separator: "_"))
    let second = Set(other.split(separator: "_"))
    return [("rx", "tx"), ("tx", "rx")].contains { way, opposite in
      first.contains(way) && !first.contains(opposite)
        && second.contains(opposite) && !second.contains(way)
    }
  }

  /// Whether the two names say the same thing but for the words of making and undoing.
  static func arePartners(_ setup: String, _ teardown: String) -> Bool {
    let first = setup.split(separator: "_").filter { !setupWords.contains($0) }
    let second = teardown.split(separator: "_").filter { !teardownWords.contains($0) }
    return soundsLikeTeardown(teardown) && (first == second)
  }

  /// What undoes what the word says.
  private static let opposites: [Substring: [Substring]] = [
    "map": ["unmap"], "setup": ["teardown", "cleanup", "shutdown"],
    "init": ["exit", "fini", "deinit", "uninit", "cleanup", "destroy", "release"],
    "alloc": ["free", "dealloc", "release"], "prepare": ["unprepare", "finish", "cleanup"],
    "prep": ["unprep", "cleanup"], "start": ["stop"], "create": ["destroy", "free", "release"],
    "register": ["unregister", "deregister"], "reg": ["unreg", "dereg"],
    "add": ["del", "remove"], "enable": ["disable"], "open": ["close", "release", "stop"],
    "pin": ["unpin"], "get": ["put"], "build": ["destroy", "free"], "load": ["unload"],
    "attach": ["detach"], "begin": ["end", "finish"], "link": ["unlink"],
    "probe": ["remove", "disconnect", "detach"], "queue": ["dequeue", "complete"],
    "submit": ["complete", "finish", "done"], "fill": ["drain", "empty", "clean", "free"],
    "do": ["undo"], "connect": ["disconnect"], "bind": ["unbind"], "acquire": ["release"],
    "request": ["free", "release"], "ioctl": ["release"], "params": ["free"],
    "startup": ["shutdown"], "up": ["down"],
    "new": ["free"], "pre": ["post"],
  ]

  /// Whether the two names are the same but for a word and what undoes it, with or without an
  /// underscore before `un`.
  static func areOpposites(_ setup: String, _ teardown: String) -> Bool {
    let first = setup.split(separator: "_")
    let second = teardown.split(separator: "_")
    guard first.count == second.count else { return false }
    let different = first.indices.filter { first[$0] != second[$0] }
    guard different.count == 1, let place = different.first else { return false }
    return opposites[first[place]]?.contains(second[place]) ?? false
  }
}

/// A member of a record of one unit.
struct FieldKey: Hashable {
  var record: Int32
  var field: Int
}
