// SPDX-License-Identifier: GPL-2.0-only

/// Where one of the kernel's structs has the driver's own behind it.
struct PrivateArea {
  var record: String
  /// Of the record: where the driver's own begins.
  var member: String
  /// Answers with that place.
  var accessor: String
  /// The functions that make both in zeroed memory, and which argument says how large the driver's own
  /// is.
  var makers: [String: Int]

  /// `alloc_netdev_mqs()` of net/core/dev.c, `scsi_host_alloc()` of drivers/scsi/hosts.c,
  /// `mmc_alloc_host()` of drivers/mmc/core/host.c.
  static let all = [
    PrivateArea(
      record: "net_device",
      member: "priv",
      accessor: "netdev_priv",
      makers: ["alloc_netdev_mqs": 0, "alloc_etherdev_mqs": 0, "devm_alloc_etherdev_mqs": 1]
    ),
    PrivateArea(
      record: "Scsi_Host",
      member: "hostdata",
      accessor: "shost_priv",
      makers: ["scsi_host_alloc": 1]
    ),
    PrivateArea(
      record: "mmc_host",
      member: "private",
      accessor: "mmc_priv",
      makers: ["mmc_alloc_host": 0, "devm_mmc_alloc_host": 1]
    ),
  ]
}
