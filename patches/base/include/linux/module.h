/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#define EXPORT_SYMBOL_GPL(symbol) \
	extern typeof(symbol) symbol

#define __MODULE_INFO(tag, value) \
	extern const char __module_##tag[]
#define MODULE_LICENSE(value)		__MODULE_INFO(license, value)
#define MODULE_DESCRIPTION(value)	__MODULE_INFO(description, value)

#endif /* _LINUX_MODULE_H */
