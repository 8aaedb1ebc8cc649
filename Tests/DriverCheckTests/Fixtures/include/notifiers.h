/* SPDX-License-Identifier: GPL-2.0-only */
/* What tells a driver that a process' memory changes, as include/linux/mmu_notifier.h has it. */
typedef struct { int counter; } atomic_t;
struct mm_struct { atomic_t mm_users; };
bool atomic_inc_not_zero(atomic_t *);
static inline bool mmget_not_zero(struct mm_struct *mm) { return atomic_inc_not_zero(&mm->mm_users); }
void mmput(struct mm_struct *);
struct mmu_notifier_range { struct mm_struct *mm; unsigned long start, end; unsigned int flags; };
struct mmu_interval_notifier_ops {
	bool (*invalidate)(struct mmu_interval_notifier *, const struct mmu_notifier_range *,
			   unsigned long);
};
int mmu_interval_notifier_insert(struct mmu_interval_notifier *, struct mm_struct *, unsigned long,
				 unsigned long, const struct mmu_interval_notifier_ops *);
void mmu_interval_notifier_remove(struct mmu_interval_notifier *);
bool mmu_interval_read_retry(struct mmu_interval_notifier *, unsigned long);
#define container_of(p, type, member) ((type *)((char *)(p) - __builtin_offsetof(type, member)))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min(a, b) ((a) < (b) ? (a) : (b))
