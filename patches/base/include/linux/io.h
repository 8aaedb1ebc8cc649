/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_IO_H
#define _LINUX_IO_H

#include <linux/types.h>

void writel(u32 value, volatile void __iomem *address);
void writeq(u64 value, volatile void __iomem *address);
u32 readl(const volatile void __iomem *address);

#endif /* _LINUX_IO_H */
