/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LINUX_COMPILER_TYPES_H
#define __LINUX_COMPILER_TYPES_H

#define __iomem
#define __user
#define __must_check	__attribute__((__warn_unused_result__))
#define __maybe_unused	__attribute__((__unused__))
#define __counted_by(member)
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define inline		inline __attribute__((__always_inline__))

#endif /* __LINUX_COMPILER_TYPES_H */
