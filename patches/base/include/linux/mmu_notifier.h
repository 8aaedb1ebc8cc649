/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MMU_NOTIFIER_H
#define _LINUX_MMU_NOTIFIER_H

#include <linux/types.h>

struct mm_struct;

struct mmu_interval_notifier {
	struct mm_struct *mm;
	unsigned long invalidate_seq;
};

unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *notifier);
bool mmu_interval_read_retry(struct mmu_interval_notifier *notifier,
			     unsigned long seq);

#endif /* _LINUX_MMU_NOTIFIER_H */
