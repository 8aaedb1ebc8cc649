/* SPDX-License-Identifier: GPL-2.0-only */
/* Of network devices, and of functions that are too large to be executed as a whole. */
#ifndef FIXTURE_OWNERS_H
#define FIXTURE_OWNERS_H
#include "subsystems.h"

struct net_device *alloc_etherdev_mqs(int, unsigned int, unsigned int);
void free_netdev(struct net_device *);
void net_reset(struct net_device *);
int device_get_ethdev_address(struct device *, struct net_device *);
int netif_set_real_num_tx_queues(struct net_device *, unsigned int);
int sprintf(char *, const char *, ...);
int i2c_master_recv(const void *, char *, int);
int key_submit(const void *);

#define TEN(call, name) \
	call(name##0) call(name##1) call(name##2) call(name##3) call(name##4) \
	call(name##5) call(name##6) call(name##7) call(name##8) call(name##9)
#define MANY(call) \
	TEN(call, a) TEN(call, b) TEN(call, c) TEN(call, d) TEN(call, e) TEN(call, f) TEN(call, g)
#define DECLARE_STEP(name) void step_##name(void);
#define CALL_STEP(name) step_##name();
MANY(DECLARE_STEP)
#define MANY_STEPS() do { MANY(CALL_STEP) } while (0)
#endif
