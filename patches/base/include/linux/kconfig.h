/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LINUX_KCONFIG_H
#define __LINUX_KCONFIG_H

/* Written by the configuration; a tree that was never configured has none. */
#if __has_include(<generated/autoconf.h>)
#include <generated/autoconf.h>
#endif

#define __ARG_PLACEHOLDER_1 0,
#define __take_second_arg(ignored, value, ...) value
#define ____is_defined(argument) __take_second_arg(argument 1, 0)
#define ___is_defined(value) ____is_defined(__ARG_PLACEHOLDER_##value)
#define __is_defined(symbol) ___is_defined(symbol)

/* 1 when the option is built in or a module, 0 when it is neither. */
#define IS_ENABLED(option) (__is_defined(option) || __is_defined(option##_MODULE))

#endif /* __LINUX_KCONFIG_H */
