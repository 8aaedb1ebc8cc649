/* SPDX-License-Identifier: GPL-2.0-only */
/* What drivers hold beside memory, with the kernel's prototypes. */
#ifndef FIXTURE_RESOURCES_H
#define FIXTURE_RESOURCES_H
#include "kernel.h"
#define EBUSY 16
#define ENODEV 19
#define EOVERFLOW 75
struct mutex { unsigned long owner; };
void mutex_lock(struct mutex *);
int mutex_lock_interruptible(struct mutex *);
void mutex_unlock(struct mutex *);
typedef struct { u32 raw; } spinlock_t;
void spin_lock(spinlock_t *);
void spin_unlock(spinlock_t *);
struct clk;
int clk_prepare_enable(struct clk *);
void clk_disable_unprepare(struct clk *);
int pm_runtime_resume_and_get(struct device *);
void pm_runtime_put(struct device *);
struct device *get_device(struct device *);
void put_device(struct device *);
int request_irq(unsigned int, int (*)(int, void *), unsigned long, const char *, void *);
void free_irq(unsigned int, void *);
struct workqueue_struct;
struct workqueue_struct *alloc_workqueue(const char *, unsigned int, int);
void destroy_workqueue(struct workqueue_struct *);
int devm_add_action_or_reset(struct device *, void (*)(void *), void *);
unsigned long copy_from_user(void *, const void *, unsigned long);
#endif
