/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that make one of the kernel's structs with the driver's own behind it. */
struct net_device *alloc_netdev_mqs(int, const char *, unsigned char, void (*)(struct net_device *),
				    unsigned int, unsigned int);
struct net_device *devm_alloc_etherdev_mqs(struct device *, int, unsigned int, unsigned int);
struct Scsi_Host { unsigned int host_no; unsigned long hostdata[]; };
struct Scsi_Host *scsi_host_alloc(const void *, int);
struct mmc_host { int index; unsigned long private[]; };
struct mmc_host *mmc_alloc_host(int, struct device *);
struct mmc_host *devm_mmc_alloc_host(struct device *, int);
