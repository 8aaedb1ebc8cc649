/* SPDX-License-Identifier: GPL-2.0-only */
#ifdef  __LINUX_COMPILER_VERSION_H
#error "compiler-version.h is force-included once and by nobody else"
#endif
#define __LINUX_COMPILER_VERSION_H
