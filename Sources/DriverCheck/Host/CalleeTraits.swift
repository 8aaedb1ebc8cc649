// SPDX-License-Identifier: GPL-2.0-only

/// What the name of a function without a body says of it.
struct CalleeTraits {
  /// See ``MappingRoles``.
  var mayUndo: Bool
  var soundsLikeTeardown: Bool
  var managesResources: Bool
  /// It undoes mappings of what it is given, which a subsystem has made or knows of.
  var unmaps: Bool
  /// It lets time pass, and touches nothing that it is given.
  var waits: Bool
  /// It waits until somebody says that something is done.
  var waitsForCompletion: Bool
  /// It may sync mappings of what it is given.
  var maySync: Bool
  /// It looks at a pointer, and not at what that points to; or it shows that to somebody who hunts for
  /// mistakes.
  var looksAtAddress: Bool
  /// Of `x_set_y()`: the function that gives back what was set.
  var getter: String?
  /// It tells a subsystem that a request is over, after which nothing is done with that any more.
  var givesBack: Bool
  /// Asked twice for one object it answers the same.
  var isAccessor: Bool
  /// It makes what it is given known to others, who call the driver back.
  var callsBack: Bool

  init(_ name: String) {
    mayUndo = MappingRoles.mayUndo(name)
    soundsLikeTeardown = MappingRoles.soundsLikeTeardown(name)
    unmaps = name.contains("unmap") || name.hasPrefix("dma_buf_")
    managesResources = MappingRoles.managesResources(name)
    waits = Self.waits.contains(where: name.contains)
    maySync = ["sync", "dma", "unmap", "cpu_access"].contains(where: name.contains)
    looksAtAddress = Self.aboutAddresses.contains(where: name.contains)
    givesBack = Self.giveBacks.contains(name)
    getter =
      name.contains("_set_")
      ? name.replacing("_set_", with: "_get_", maxReplacements: 1) : nil
    isAccessor = name.contains("_get_") || Self.accessors.contains(where: name.hasSuffix)
    // By whole words: "add" is in "address".
    callsBack = name.split(separator: "_").contains { Self.announcements.contains(String($0)) }
    waitsForCompletion = name.hasPrefix("wait_for_completion")
  }

  private static let waits = ["wait_for", "wait_event", "schedule", "dmaengine_", "dma_async_"]
  private static let aboutAddresses = [
    "free", "valid", "object", "prefetch", "kmemleak", "kasan", "kmsan", "virt", "phys", "vmalloc",
    "page", "is_", "check", "dma", "map", "sg_init", "sg_set", "set_memory", "dump", "print",
    "trace", "debug",
  ]
  private static let announcements: Set<String> = [
    "register", "unregister", "add", "attach", "scan", "start", "open", "probe",
  ]
  private static let giveBacks: Set<String> = [
    "scsi_done", "scsi_done_direct", "blk_mq_end_request", "bio_endio", "bio_io_error",
    "mmc_request_done", "usb_hcd_giveback_urb", "usb_gadget_giveback_request",
  ]
  /// What the names of such functions end in.
  private static let accessors = ["_priv", "_pdu", "_drvdata", "_clientdata", "_intfdata"]
}
